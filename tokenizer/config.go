package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
)

// maxFile bounds a vocabulary file and what stands beside it.
const maxFile = 256 << 20

// readFile reads a file of a directory, nil if there is none.
func readFile(dir fs.FS, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	data, err := readAll(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

func readAll(f fs.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%d bytes, over %d", info.Size(), maxFile)
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	return data, err
}

// readJSON decodes a file of a directory; v stays as it is if there is none.
func readJSON(dir fs.FS, name string, v any) error {
	data, err := readFile(dir, name)
	if err != nil || data == nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// name is a token in a configuration: a string, or an object that describes it.
type name struct {
	addedEntry
	object bool
}

// UnmarshalJSON reads either form.
func (n *name) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &n.Content)
	}
	n.object = true
	return json.Unmarshal(b, &n.addedEntry)
}

// config gathers what the files beside a vocabulary say.
type config struct {
	Options
	chat    string
	longest int
	class   string // tokenizer_class
	tidy    bool   // clean_up_tokenization_spaces
	added   []AddedToken
}

// tokenizerConfig is tokenizer_config.json.
type tokenizerConfig struct {
	Class    string                 `json:"tokenizer_class"`
	AddBOS   *bool                  `json:"add_bos_token"`
	AddEOS   *bool                  `json:"add_eos_token"`
	Space    *bool                  `json:"add_prefix_space"`
	Lower    *bool                  `json:"do_lower_case"`
	Accents  *bool                  `json:"strip_accents"`
	Chinese  *bool                  `json:"tokenize_chinese_chars"`
	Keep     *bool                  `json:"keep_accents"`
	Tidy     *bool                  `json:"clean_up_tokenization_spaces"`
	Legacy   *bool                  `json:"legacy"`
	Extra    *int                   `json:"extra_ids"`
	Longest  *float64               `json:"model_max_length"`
	Template json.RawMessage        `json:"chat_template"`
	Added    map[string]*addedEntry `json:"added_tokens_decoder"`
}

// readConfig reads the files beside a vocabulary, those that there are.
func readConfig(dir fs.FS) (*config, error) {
	c := &config{Options: Options{Names: map[string]string{}}}
	var model struct {
		Type string `json:"model_type"`
	}
	if err := readJSON(dir, "config.json", &model); err != nil {
		return nil, err
	}
	c.Model = model.Type
	for _, file := range []string{"special_tokens_map.json", "tokenizer_config.json"} {
		var names map[string]json.RawMessage
		if err := readJSON(dir, file, &names); err != nil {
			return nil, err
		}
		if err := c.setNames(names); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	var t tokenizerConfig
	if err := readJSON(dir, "tokenizer_config.json", &t); err != nil {
		return nil, err
	}
	if err := c.set(t); err != nil {
		return nil, fmt.Errorf("tokenizer_config.json: %w", err)
	}
	return c, c.readRest(dir)
}

// readRest reads added_tokens.json and the chat template.
func (c *config) readRest(dir fs.FS) error {
	var ids map[string]int32
	if err := readJSON(dir, "added_tokens.json", &ids); err != nil {
		return err
	}
	for content, id := range ids {
		if !slices.ContainsFunc(c.added, func(a AddedToken) bool { return a.Content == content }) {
			c.added = append(c.added, AddedToken{ID: id, Content: content, Normalized: true})
		}
	}
	c.added = sortAdded(c.added)
	c.Added = c.added
	jinja, err := readFile(dir, "chat_template.jinja")
	if err != nil {
		return err
	}
	if jinja != nil {
		c.chat = string(jinja)
	}
	var t struct {
		Template json.RawMessage `json:"chat_template"`
	}
	if err := readJSON(dir, "chat_template.json", &t); err != nil {
		return err
	}
	if c.chat == "" {
		c.chat = templateText(t.Template)
	}
	return nil
}

// setNames takes the special tokens named by task, and the additional ones.
func (c *config) setNames(fields map[string]json.RawMessage) error {
	for task := range tasks {
		raw, ok := fields[task]
		if !ok || string(raw) == "null" {
			delete(c.Names, task)
			if !ok {
				continue
			}
		}
		var n name
		if err := json.Unmarshal(raw, &n); err != nil {
			return fmt.Errorf("%s: %w", task, err)
		}
		if n.Content == "" {
			continue
		}
		c.Names[task] = n.Content
		if n.object {
			a := n.token()
			a.ID, a.Special = -1, true
			c.added = append(c.added, a)
		}
	}
	return nil
}

func (c *config) set(t tokenizerConfig) error {
	c.class = t.Class
	c.AddBOS, c.AddEOS, c.AddPrefixSpace, c.Legacy, c.ExtraIDs = t.AddBOS, t.AddEOS, t.Space, t.Legacy, t.Extra
	c.LowerCase, c.StripAccents, c.SplitChinese = t.Lower, t.Accents, t.Chinese
	if t.Keep != nil {
		strip := !*t.Keep
		c.StripAccents = &strip
	}
	c.tidy = or(t.Tidy, false)
	if t.Longest != nil && *t.Longest > 0 && *t.Longest < 1<<31 {
		c.longest = int(*t.Longest)
	}
	c.chat = templateText(t.Template)
	for number, e := range t.Added {
		id, err := strconv.ParseInt(number, 10, 32)
		if err != nil || e == nil || id < 0 {
			return fmt.Errorf("added_tokens_decoder: %.40q: not an id", number)
		}
		a := e.token()
		a.ID = int32(id)
		c.added = append(c.added, a)
	}
	return nil
}

// templateText returns a chat template: a string, or of several with names the
// one named "default".
func templateText(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var many []struct{ Name, Template string }
	if json.Unmarshal(raw, &many) == nil {
		for _, t := range many {
			if t.Name == "default" {
				return t.Template
			}
		}
	}
	return ""
}
