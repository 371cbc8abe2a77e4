package strict

import (
	"encoding/json"
	"strings"
	"testing"
)

// skip reads data as one value of any kind.
func skip(data []byte) error {
	s := New(data)
	if err := s.Skip(); err != nil {
		return err
	}
	return s.End()
}

func FuzzSkip(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e3,-0],"b":{"c":null}}`, `"\ud83d\ude00"`, ` [ ] `, `{"a":}`, `{"a" 1}`, `[1,]`, `"\x"`, "\"\x01\"", `"\`, `{"a":tru}`, `01`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		valid := json.Valid(data)
		err := skip(data)
		if err == nil && !valid {
			t.Errorf("%q is taken", data)
		}
		if err != nil && valid && !stricter(data) {
			t.Errorf("%q is refused: %v", data, err)
		}
	})
}

// stricter reports whether this package may refuse a text that encoding/json
// takes: for its depth, for long numbers, for what is not UTF-8.
func stricter(data []byte) bool {
	return strings.Count(string(data), "[")+strings.Count(string(data), "{") > MaxDepth || len(data) > 400 || strings.ToValidUTF8(string(data), "") != string(data)
}

func TestUint(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "7": 7, " 12 ": 12, "4611686018427387899": 4611686018427387899} {
		if n, err := New([]byte(text)).Uint(); err != nil || n != want {
			t.Errorf("%s is read as %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "-1", "01", "1.0", "1e3", `"1"`, "18446744073709551616", "9223372036854775808", "99999999999999999999999"} {
		if n, err := New([]byte(text)).Uint(); err == nil {
			t.Errorf("%s is read as %d", text, n)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{`"a"`: "a", `""`: "", `"a\"b\\"`: `a"b\`, `"\u00e9"`: "é"} {
		if got, err := New([]byte(text)).String(); err != nil || got != want {
			t.Errorf("%s is read as %q, %v", text, got, err)
		}
	}
	for _, text := range []string{`"`, `"\`, `"\"`, "\"\xff\"", "\"\n\"", `a`, `"\q"`} {
		if got, err := New([]byte(text)).String(); err == nil {
			t.Errorf("%s is read as %q", text, got)
		}
	}
}

func TestDepth(t *testing.T) {
	if err := skip([]byte(strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth))); err != nil {
		t.Error(err)
	}
	if err := skip([]byte(strings.Repeat("[", 1<<20))); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("a million brackets: %v", err)
	}
}

func TestObjectGivesKeys(t *testing.T) {
	s, keys := New([]byte(` {"a": 1, "b\n": [2, 3] } `)), ""
	err := s.Object(func(key []byte) error {
		keys += string(key) + ";"
		return s.Skip()
	})
	if err != nil || keys != "a;b\n;" || s.End() != nil {
		t.Errorf("keys %q, %v, %v", keys, err, s.End())
	}
}
