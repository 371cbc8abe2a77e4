package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is one parsed Go file that people wrote and that ships.
type source struct {
	path  string
	lines int
	file  *ast.File
	fset  *token.FileSet
}

// sources returns every Go file but tests, generated files, tables and testdata.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_table.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(f) {
			all = append(all, source{path, fset.File(f.Pos()).LineCount(), f, fset})
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("no sources read: %v", err)
	}
	return all
}

func quantile(n []int, q float64) int {
	slices.Sort(n)
	return n[min(int(q*float64(len(n))), len(n)-1)]
}

func TestFileSizes(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		lengths = append(lengths, s.lines)
		limit := 600
		if dir := filepath.Base(filepath.Dir(filepath.Dir(s.path))); dir == "models" {
			limit = 250
		}
		if s.lines > limit {
			t.Errorf("%s has %d lines, over %d", s.path, s.lines, limit)
		}
	}
	if m := quantile(lengths, 0.5); m > 120 {
		t.Errorf("the median file has %d lines, over 120", m)
	}
	if m := quantile(lengths, 0.9); m > 400 {
		t.Errorf("one file in ten has more than %d lines, over 400", m)
	}
}

func TestFunctionSizes(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n := s.fset.Position(f.Body.Rbrace).Line - s.fset.Position(f.Body.Lbrace).Line
			lengths = append(lengths, n)
			if n > 100 {
				t.Errorf("%s: %s has %d lines, over 100", s.path, f.Name.Name, n)
			}
		}
	}
	if m := quantile(lengths, 0.5); m > 10 {
		t.Errorf("the median function has %d lines, over 10", m)
	}
	if m := quantile(lengths, 0.95); m > 60 {
		t.Errorf("one function in twenty has more than %d lines, over 60", m)
	}
}

// TestDocs: every package and every exported name says what it is.
func TestDocs(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		dir := filepath.Dir(s.path)
		documented[dir] = documented[dir] || s.file.Doc != nil
		if s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no doc comment", s.path, name)
			}
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func undocumented(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !stdMethod[d.Name.Name] {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		var names []string
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					names = append(names, s.Names[0].Name)
				}
			}
		}
		return names
	}
	return nil
}

// stdMethod lists methods whose meaning an interface of the standard library fixes.
var stdMethod = map[string]bool{"Error": true, "String": true, "Unwrap": true, "Close": true, "Len": true, "Less": true, "Swap": true, "Push": true, "Pop": true, "UnmarshalJSON": true, "MarshalJSON": true}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	t := f.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if i, ok := t.(*ast.IndexExpr); ok {
		t = i.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}
