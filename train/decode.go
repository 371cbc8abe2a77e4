package train

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxRecipe bounds the text of a recipe, and maxDepth how deep it is nested.
const (
	maxRecipe = 1 << 20
	maxDepth  = 32
)

// A keyError is what is wrong with a key of a recipe.
type keyError struct {
	key  string
	line int // 0: not known, as of a key that was set on the command line
	why  string
}

func (e *keyError) Error() string {
	if e.key == "" { // the recipe as a whole, or a key without a name
		return e.why
	}
	return e.key + ": " + e.why
}

// parse reads the text of a recipe as a tree.
func parse(text []byte) (root *yaml.Node, err error) {
	if len(text) > maxRecipe {
		return nil, fmt.Errorf("larger than %d bytes", maxRecipe)
	}
	defer func() { // the parser panics on some input that it should refuse
		if r := recover(); r != nil {
			err = fmt.Errorf("it is no YAML: %v", r)
		}
	}()
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("it is no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return nil, errors.New("it is empty")
	}
	return doc.Content[0], plain(doc.Content[0], maxDepth)
}

// plain refuses what recipes have no use for: anchors, which can make a small text
// a huge tree, and deep nesting.
func plain(n *yaml.Node, depth int) error {
	if depth == 0 {
		return &keyError{line: n.Line, why: fmt.Sprintf("nested deeper than %d", maxDepth)}
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return &keyError{line: n.Line, why: "anchors and aliases are not allowed"}
	}
	for _, c := range n.Content {
		if err := plain(c, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// under joins a key to the one that it stands below.
func under(key, part string) string {
	if key == "" {
		return part
	}
	return key + "." + part
}

// A nodeDecoder reads its value from a tree itself.
type nodeDecoder interface {
	decodeNode(key string, n *yaml.Node) error
}

// decode reads n, the value of key, into v over what v holds. Every key of n must
// be one of v's, and every value of v's kind; null changes nothing.
func decode(key string, n *yaml.Node, v reflect.Value) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if d, ok := v.Addr().Interface().(nodeDecoder); ok {
		return d.decodeNode(key, n)
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			p.Elem().Set(v.Elem())
		}
		if err := decode(key, n, p.Elem()); err != nil {
			return err
		}
		v.Set(p)
		return nil
	case reflect.Struct:
		return decodeStruct(key, n, v)
	case reflect.Slice:
		return decodeSlice(key, n, v)
	case reflect.Map, reflect.Interface:
		value, err := anyOf(key, n)
		if err != nil {
			return err
		}
		got := reflect.ValueOf(value)
		if v.Kind() == reflect.Map && got.Kind() != reflect.Map {
			return &keyError{key, n.Line, "must have keys of its own"}
		}
		v.Set(got)
		return nil
	}
	if n.Kind != yaml.ScalarNode {
		return &keyError{key, n.Line, "must be " + kindName(v) + ", not a list or keys"}
	}
	return decodeScalar(key, n, v)
}

// field returns the field of a struct that key names, looking into embedded ones
// that are inline.
func field(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		name, inline := fieldName(v.Type().Field(i))
		if inline {
			if f, ok := field(v.Field(i), key); ok {
				return f, true
			}
		} else if name == key && name != "" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// fieldName returns the key of a field, "" where recipes do not have it.
func fieldName(f reflect.StructField) (name string, inline bool) {
	name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" || !f.IsExported() {
		return "", false
	}
	return name, slices.Contains(strings.Split(options, ","), "inline")
}

// keysOf returns the keys that a struct has.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		name, inline := fieldName(t.Field(i))
		if inline {
			keys = append(keys, keysOf(t.Field(i).Type)...)
		} else if name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}

func decodeStruct(key string, n *yaml.Node, v reflect.Value) error {
	return eachKey(key, n, func(name string, at, value *yaml.Node) error {
		f, ok := field(v, name)
		if !ok {
			return &keyError{under(key, name), at.Line, "unknown key; known are " + strings.Join(keysOf(v.Type()), ", ")}
		}
		return decode(under(key, name), value, f)
	})
}

// eachKey calls visit for each key of n.
func eachKey(key string, n *yaml.Node, visit func(name string, at, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return &keyError{key, n.Line, "must have keys of its own"}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at := n.Content[i]
		if at.Kind != yaml.ScalarNode || at.Tag == "!!merge" {
			return &keyError{key, at.Line, "a key must be a name"}
		}
		if seen[at.Value] {
			return &keyError{under(key, at.Value), at.Line, "given twice"}
		}
		seen[at.Value] = true
		if err := visit(at.Value, at, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func decodeSlice(key string, n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.SequenceNode {
		return &keyError{key, n.Line, "must be a list"}
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		if err := decode(under(key, strconv.Itoa(i)), c, list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func kindName(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return "a whole number that is not negative"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "text"
}

func decodeScalar(key string, n *yaml.Node, v reflect.Value) error {
	wrong := &keyError{key, n.Line, fmt.Sprintf("must be %s, not %.40q", kindName(v), n.Value)}
	switch v.Kind() {
	case reflect.String:
		if n.Tag == "!!binary" {
			return wrong
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if n.Tag != "!!bool" || n.Decode(v.Addr().Interface()) != nil {
			return wrong
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(plainInt(n.Value), 10, 64)
		if err != nil || v.OverflowInt(i) {
			return wrong
		}
		v.SetInt(i)
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(plainInt(n.Value), 10, 64)
		if err != nil || v.OverflowUint(u) {
			return wrong
		}
		v.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return wrong
		}
		v.SetFloat(f)
	default:
		panic(fmt.Sprintf("train: recipes have no %v", v.Type()))
	}
	return nil
}

// plainInt takes the underscores out of a number that has them between digits, and
// writes 1e6 as a whole number.
func plainInt(text string) string {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 && strings.ContainsAny(text, "eE") {
		return strconv.FormatInt(int64(f), 10)
	}
	return strings.ReplaceAll(text, "_", "")
}

// anyOf returns the value of n as JSON has it.
func anyOf(key string, n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		fields := map[string]any{}
		err := eachKey(key, n, func(name string, _, value *yaml.Node) error {
			v, err := anyOf(under(key, name), value)
			fields[name] = v
			return err
		})
		return fields, err
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			var err error
			if list[i], err = anyOf(under(key, strconv.Itoa(i)), c); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, &keyError{key, n.Line, fmt.Sprintf("%.40q: no value", n.Value)}
	}
	switch x := v.(type) {
	case nil, bool, string:
		return v, nil
	case int:
		return x, nil
	case float64:
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			return x, nil
		}
	}
	return nil, &keyError{key, n.Line, fmt.Sprintf("%.40q: neither a number nor text", n.Value)}
}

// set puts the value of a.b=value into a tree: what is not there is made.
func set(root *yaml.Node, assignment string) error {
	key, text, ok := strings.Cut(assignment, "=")
	if !ok || key == "" {
		return fmt.Errorf("%.60q: not of the form key=value", assignment)
	}
	value, err := parse([]byte(text))
	if text == "" {
		value, err = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}, nil
	}
	if err != nil {
		return fmt.Errorf("%.60q: %w", assignment, err)
	}
	unlined(value)
	n := root
	parts := strings.Split(key, ".")
	if len(parts) > maxDepth {
		return fmt.Errorf("%.60q: nested deeper than %d", key, maxDepth)
	}
	for i, part := range parts {
		if n, err = child(n, part, i == len(parts)-1, value); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(parts[:i+1], "."), err)
		}
	}
	return nil
}

// unlined takes away the lines, which are none of the file's.
func unlined(n *yaml.Node) {
	n.Line = 0
	for _, c := range n.Content {
		unlined(c)
	}
}

// child returns the part of n of that name, or puts value there if it is the last.
func child(n *yaml.Node, part string, last bool, value *yaml.Node) (*yaml.Node, error) {
	if n.Kind == yaml.SequenceNode {
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i >= len(n.Content) {
			return nil, fmt.Errorf("the list has %d parts, which have the numbers from 0", len(n.Content))
		}
		if last {
			n.Content[i] = value
		}
		return n.Content[i], nil
	}
	if n.Kind != yaml.MappingNode {
		*n = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == part {
			if last {
				n.Content[i+1] = value
			}
			return n.Content[i+1], nil
		}
	}
	if !last {
		value = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: part}, value)
	return value, nil
}
