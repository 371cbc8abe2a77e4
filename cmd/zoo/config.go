package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// envPrefix is what the names of environment variables of settings begin with.
const envPrefix = "ZOO_"

// configure sets what the command line leaves out: from the environment, where the flag
// --max-body is ZOO_MAX_BODY, and then from a file, in which it is the key max-body. A
// flag that may be repeated is a list there; in the environment commas part it.
func configure(flags *pflag.FlagSet, file string, environ func(string) (string, bool)) error {
	var errs []error
	set := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) {
		set[f.Name] = f.Changed
		name := envName(f.Name)
		value, ok := environ(name)
		if f.Changed || !ok || f.Name == "help" {
			return
		}
		values := []string{value}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = strings.Split(value, ",")
			_ = list.Replace(nil)
		}
		set[f.Name] = true
		for _, v := range values {
			if err := flags.Set(f.Name, v); err != nil {
				errs = append(errs, usagef("serve: %s: %w", name, unwrapped(err)))
			}
		}
	})
	if err := errors.Join(errs...); err != nil || file == "" {
		return err
	}
	return configureFrom(flags, file, set)
}

// envName returns the environment variable of a flag.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// configureFrom sets those flags from a YAML file that are not set yet.
func configureFrom(flags *pflag.FlagSet, file string, set map[string]bool) error {
	text, err := readConfigFile(file)
	if err != nil {
		return fmt.Errorf("serve: --config: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return usagef("serve: %s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if doc.Kind == 0 { // empty
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return usagef("serve: %s:%d: it is no list of settings", file, root.Line)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		f := flags.Lookup(key.Value)
		switch {
		case f == nil || key.Value == "help" || key.Value == "config":
			return usagef("serve: %s:%d: %s: there is no such setting", file, key.Line, key.Value)
		case seen[key.Value]:
			return usagef("serve: %s:%d: %s: it stands there twice", file, key.Line, key.Value)
		}
		seen[key.Value] = true
		values, err := scalars(f, value)
		if err != nil {
			return usagef("serve: %s:%d: %s: %w", file, value.Line, key.Value, err)
		}
		if set[key.Value] {
			continue
		}
		for _, v := range values {
			if err := flags.Set(key.Value, v); err != nil {
				return usagef("serve: %s:%d: %s: %w", file, value.Line, key.Value, unwrapped(err))
			}
		}
	}
	return nil
}

// maxConfigFile bounds a file of settings.
const maxConfigFile = 1 << 20

func readConfigFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfigFile+1))
	if err == nil && len(text) > maxConfigFile {
		err = fmt.Errorf("%s: larger than %d bytes", file, maxConfigFile)
	}
	return text, err
}

// scalars returns the values that a setting is given: one, or those of a list.
func scalars(f *pflag.Flag, n *yaml.Node) ([]string, error) {
	if n.Kind == yaml.ScalarNode {
		if n.Tag == "!!null" {
			return nil, errors.New("it has no value")
		}
		return []string{n.Value}, nil
	}
	if _, list := f.Value.(pflag.SliceValue); !list || n.Kind != yaml.SequenceNode {
		return nil, errors.New("it is no single value")
	}
	var values []string
	for _, c := range n.Content {
		if c.Kind != yaml.ScalarNode || c.Tag == "!!null" {
			return nil, fmt.Errorf("line %d: it is no single value", c.Line)
		}
		values = append(values, c.Value)
	}
	return values, nil
}

// unwrapped returns what is wrong with a value, without the flag that pflag names.
func unwrapped(err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return fmt.Errorf("%q: %w", invalid.GetValue(), invalid.Unwrap())
	}
	return err
}
