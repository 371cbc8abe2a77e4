package openai

import (
	"encoding/json"

	"github.com/nlp-zoo/zoo/serve/field"
)

// A Format is what a text is to be: text, json_object or json_schema. In /v1/responses the
// schema stands in the format itself, as it does with json_object in other servers.
type Format struct {
	Type       string       `json:"type"`
	JSONSchema *NamedSchema `json:"json_schema,omitempty"`
	NamedSchema
}

// A NamedSchema is a JSON Schema and what it is called.
type NamedSchema struct {
	Name   string          `json:"name,omitempty"`
	Schema json.RawMessage `json:"schema,omitempty"`
	Strict *bool           `json:"strict,omitempty"`
}

// A Constraint is what every text must follow, by its kind: json (any object), schema,
// gbnf, or "" (anything). Param is the field that asks for it.
type Constraint struct{ Param, Kind, Source string }

// Constrained are the ways of other servers to say a format.
type Constrained struct {
	Grammar    string          `json:"grammar"`     // GBNF
	JSONSchema json.RawMessage `json:"json_schema"` // a schema itself
}

// Constraint returns what f, the field called name, and c ask for together.
func (c *Constrained) Constraint(name string, f *Format) (Constraint, error) {
	var all []Constraint
	if c.Grammar != "" {
		all = append(all, Constraint{"grammar", "gbnf", c.Grammar})
	}
	if !field.Null(c.JSONSchema) {
		all = append(all, Constraint{"json_schema", "schema", string(c.JSONSchema)})
	}
	if f != nil {
		one, err := f.constraint(name)
		if err != nil {
			return Constraint{}, err
		}
		if one.Kind != "" {
			all = append(all, one)
		}
	}
	switch len(all) {
	case 0:
		return Constraint{}, nil
	case 1:
		return all[0], nil
	}
	return Constraint{}, field.Errorf(name, "only one of %s, grammar and json_schema can be followed", name)
}

func (f *Format) constraint(name string) (Constraint, error) {
	switch f.Type {
	case "", "text":
		return Constraint{}, nil
	case "json_object":
		if !field.Null(f.Schema) {
			return Constraint{name, "schema", string(f.Schema)}, nil
		}
		return Constraint{Param: name, Kind: "json"}, nil
	case "json_schema":
		schema, at := f.Schema, name+".schema"
		if f.JSONSchema != nil {
			schema, at = f.JSONSchema.Schema, name+".json_schema.schema"
		}
		if field.Null(schema) {
			return Constraint{}, field.Errorf(at, "it is missing")
		}
		return Constraint{at, "schema", string(schema)}, nil
	}
	return Constraint{}, field.Errorf(name+".type", "%.40q is not text, json_object or json_schema", f.Type)
}
