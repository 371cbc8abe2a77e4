package data

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A Source says where texts are, and how they are read. It is what a recipe has of
// them.
type Source struct {
	// Path is a file, a folder or a zip archive: see Find.
	Path string `yaml:"path" json:"path"`
	// Format is "text", "jsonl", "json", "csv", "tsv" or "xml", or another one that
	// was registered; "": as the names of the files end, and text for all others.
	Format string `yaml:"format,omitempty" json:"format,omitempty"`
	// Unit is what a document of plain text is: "files", the default, "paragraphs"
	// or "lines".
	Unit string `yaml:"unit,omitempty" json:"unit,omitempty"`
	// Field is the field of a record that is its text; "": "text".
	Field string `yaml:"field,omitempty" json:"field,omitempty"`
	// Element is the element of XML that is a record, and "": "doc"; of JSON, the path of
	// the array.
	Element string `yaml:"element,omitempty" json:"element,omitempty"`
}

// formats are the ends of names by format.
var formats = map[string][]string{
	"text": {".txt", ".text", ".raw", ".md"}, "jsonl": {".jsonl", ".ndjson"}, "json": {".json"},
	"csv": {".csv"}, "tsv": {".tsv"}, "xml": {".xml"},
}

// registered are formats that other packages read.
var registered = map[string]func(files []File, fields ...string) Stream[Record]{}

// Register makes a format of records known, by name and the ends of its files'
// names. It is called while a program starts.
func Register(format string, suffixes []string, read func(files []File, fields ...string) Stream[Record]) {
	formats[format] = suffixes
	registered[format] = read
}

// unit returns the unit of that name.
func unitOf(name string) (Unit, bool) {
	units := map[string]Unit{"": Files, "files": Files, "paragraphs": Paragraphs, "lines": Lines}
	u, ok := units[name]
	return u, ok
}

// Files returns the files of s, and their format.
func (s Source) Files() (files []File, format string, err error) {
	if _, ok := unitOf(s.Unit); !ok {
		return nil, "", fmt.Errorf("data: source %s: unit: %q: must be files, paragraphs or lines", s.Path, s.Unit)
	}
	if s.Format != "" {
		suffixes, ok := formats[s.Format]
		if !ok {
			return nil, "", fmt.Errorf("data: source %s: format: %q: must be one of %q", s.Path, s.Format, slices.Sorted(maps.Keys(formats)))
		}
		files, err = Find(s.Path, suffixes...)
		return files, s.Format, err
	}
	files, err = Find(s.Path, slices.Concat(slices.Collect(maps.Values(formats))...)...)
	if err != nil {
		return nil, "", err
	}
	for i, f := range files {
		of := formatOf(f)
		if i > 0 && of != format {
			return nil, "", fmt.Errorf("data: source %s: %s is %s, %s is %s: say which format is wanted", s.Path, files[0], format, f, of)
		}
		format = of
	}
	return files, format, nil
}

// formatOf returns the format that a file's name tells of.
func formatOf(f File) string {
	name := strings.ToLower(f.Path)
	if f.Member != "" {
		name = strings.ToLower(f.Member)
	}
	ext := filepath.Ext(strings.TrimSuffix(name, ".gz"))
	for format, suffixes := range formats {
		if slices.Contains(suffixes, ext) {
			return format
		}
	}
	return "text"
}

// Records returns the records of s, with the given fields or with all. Plain text
// has the field "text".
func (s Source) Records(fields ...string) (Stream[Record], error) {
	files, format, err := s.Files()
	if err != nil {
		return nil, err
	}
	element := s.Element
	if element == "" {
		element = "doc"
	}
	switch format {
	case "text":
		u, _ := unitOf(s.Unit) // Files has checked it
		return Map(Read(files, Text(u)), func(d Document) (Record, error) {
			return Record{Fields: map[string]string{"text": d.Text}, Line: d.Line}, nil
		}), nil
	case "jsonl":
		return Read(files, JSONLines(fields...)), nil
	case "json":
		return Read(files, JSON(s.Element, fields...)), nil
	case "csv":
		return Read(files, CSV()), nil
	case "tsv":
		return Read(files, TSV()), nil
	case "xml":
		if len(fields) == 1 && fields[0] == "text" {
			fields = nil
		}
		return Read(files, XML(element, fields...)), nil
	default:
		return registered[format](files, fields...), nil
	}
}

// Documents returns the texts of s.
func (s Source) Documents() (Stream[Document], error) {
	field := s.Field
	if field == "" {
		field = "text"
	}
	records, err := s.Records(field)
	if err != nil {
		return nil, err
	}
	return Texts(records, field), nil
}

// Digest returns the digest of the files of s and of how they are read.
func (s Source) Digest() (Digest, error) {
	files, format, err := s.Files()
	if err != nil {
		return Digest{}, err
	}
	return DigestOf(files, format, s.Unit, s.Field, s.Element)
}

// Cached opens the cache of the tokens of s that lies in the folder dir, or makes it:
// see Cached.
func (s Source) Cached(dir string, coder Coder) (c *Cache, made bool, err error) {
	digest, err := s.Digest()
	if err != nil {
		return nil, false, err
	}
	name := fmt.Sprintf("%x-%x.tokens", coder.Digest[:6], digest[:6])
	return Cached(filepath.Join(dir, name), digest, s.Documents, coder)
}
