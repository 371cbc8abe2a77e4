// Package field reads the fields of requests whose values have several forms, and tells
// which of them is at fault. The dialects share it.
package field

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// An Error is a mistake in one field of a request.
type Error struct {
	Field string // as the request spells it: messages.1.content
	Why   string
}

func (e *Error) Error() string { return e.Field + ": " + e.Why }

// Errorf returns an Error.
func Errorf(name, why string, args ...any) error {
	return &Error{name, fmt.Sprintf(why, args...)}
}

// Within returns an Error for a number that is there and not from low to high.
func Within[N int | int64 | float64](name string, v *N, low, high N) error {
	if v != nil && !(*v >= low && *v <= high) {
		return Errorf(name, "%v is not from %v to %v", *v, low, high)
	}
	return nil
}

// Null reports whether a value is absent or null.
func Null(v json.RawMessage) bool { return len(v) == 0 || bytes.Equal(v, []byte("null")) }

// Kind returns how JSON names the kind of a value: string, number, array, object, bool
// or null.
func Kind(v []byte) string {
	switch v = bytes.TrimLeft(v, " \t\r\n"); {
	case len(v) == 0:
		return "null"
	case v[0] == '"':
		return "string"
	case v[0] == '[':
		return "array"
	case v[0] == '{':
		return "object"
	case v[0] == 't' || v[0] == 'f':
		return "bool"
	case v[0] == 'n':
		return "null"
	}
	return "number"
}

// Mistyped returns the error of a value that has none of the forms that it may have, of
// which T is one. encoding/json adds the field's name to it.
func Mistyped[T any](v []byte) error {
	return &json.UnmarshalTypeError{Value: Kind(v), Type: reflect.TypeFor[T]()}
}

// Strings is a string or an array of strings.
type Strings []string

// UnmarshalJSON reads either form, or null, which is none.
func (s *Strings) UnmarshalJSON(v []byte) error {
	*s = nil
	switch Kind(v) {
	case "null":
		return nil
	case "string":
		*s = make(Strings, 1)
		return json.Unmarshal(v, &(*s)[0])
	case "array":
		return json.Unmarshal(v, (*[]string)(s))
	}
	return Mistyped[string](v)
}

// Refused is the value of a field that changes answers and is not served: [Check] tells
// of it unless it is null, false, zero or empty, or what its tag `only` has.
type Refused struct{ value json.RawMessage }

// UnmarshalJSON keeps the value.
func (r *Refused) UnmarshalJSON(v []byte) error {
	r.value = append(r.value[:0], v...)
	return nil
}

// asks reports whether a value asks for anything.
func (r Refused) asks(only string) bool {
	switch v := strings.TrimSpace(string(r.value)); v {
	case "", "null", "false", "0", `""`, "[]", "{}":
		return false
	default:
		var text string
		if json.Unmarshal(r.value, &text) != nil {
			text = v
		}
		for word := range strings.SplitSeq(only, "|") {
			if text == word && word != "" {
				return false
			}
		}
		return true
	}
}

// Check returns an Error for the first field of request, a struct or a pointer to one,
// that is Refused and asks for something. Fields of embedded structs count.
func Check(request any) error { return check(reflect.Indirect(reflect.ValueOf(request))) }

func check(v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := check(v.Field(i)); err != nil {
				return err
			}
			continue
		}
		if f.Type != reflect.TypeFor[Refused]() {
			continue
		}
		if v.Field(i).Interface().(Refused).asks(f.Tag.Get("only")) {
			why := "this server does not have it"
			if only := f.Tag.Get("only"); only != "" {
				why = "of its values this server has only " + strings.ReplaceAll(only, "|", ", ")
			}
			if hint := f.Tag.Get("hint"); hint != "" {
				why += "; " + hint
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			return Errorf(name, "%s", why)
		}
	}
	return nil
}
