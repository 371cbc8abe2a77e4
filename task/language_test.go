package task

import (
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// TestLanguages holds the table to CLDR's names, and what is looked up to the table.
func TestLanguages(t *testing.T) {
	for code, name := range languages {
		if want := display.English.Languages().Name(language.MustParse(code)); want != name {
			t.Errorf("%s: %s, want %s", code, name, want)
		}
	}
	for given, want := range map[string]tongue{
		"de": {"de", "German"}, "DE": {"de", "German"}, "german": {"de", "German"}, "pt_BR": {"pt-br", "Brazilian Portuguese"}, "Hebrew": {"he", "Hebrew"},
		"de-LU": {"de-lu", "German"}, "gsw": {"gsw", "Swiss German"}, "Romanian": {"ro", "Romanian"},
	} {
		if got, err := named("from", given); err != nil || got != want {
			t.Errorf("%s: %+v, %v", given, got, err)
		}
	}
	for _, given := range []string{"", "x", "x-no", "und", "klingonese", "de-something", "-de"} {
		if got, err := named("from", given); err == nil {
			t.Errorf("%q is %+v", given, got)
		}
	}
}
