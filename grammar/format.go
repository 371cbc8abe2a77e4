package grammar

import (
	"strings"
	"sync"
)

// formats are the formats of strings as expressions for the whole string. Those of
// names and addresses are narrower than what the standards allow.
var formats = func() map[string]string {
	const (
		day  = `(?:(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])))|LEAP-02-29)`
		leap = `(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)`
		time = `(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`
		byte = `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
		name = `[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?`
		four = `[0-9a-fA-F]{1,4}`
	)
	// No label begins like an international one, whose rest has rules of its own.
	host := `(?:LABEL\.){0,3}LABEL`
	host = strings.ReplaceAll(host, "LABEL", `[a-zA-Z0-9](?:[a-zA-Z0-9]{0,30}(?:-[a-zA-Z0-9]{1,15}){0,1})?`)
	date := strings.Replace(day, "LEAP", leap, 1)
	return map[string]string{
		"date":          date,
		"time":          time,
		"date-time":     date + "T" + time,
		"duration":      `P(?:\d{1,9}W|\d{1,9}D(?:T\d{1,9}S)?|\d{1,9}Y(?:\d{1,9}M(?:\d{1,9}D)?)?|\d{1,9}M(?:\d{1,9}D)?|T(?:\d{1,9}H(?:\d{1,9}M(?:\d{1,9}S)?)?|\d{1,9}M(?:\d{1,9}S)?|\d{1,9}S))`,
		"email":         `[a-zA-Z0-9_+-]{1,20}(?:\.[a-zA-Z0-9_+-]{1,20}){0,2}@` + host,
		"hostname":      host,
		"ipv4":          byte + `(?:\.` + byte + `){3}`,
		"ipv6":          `(?:` + four + `:){7}` + four + `|::1|::|(?:` + four + `:){1,6}:` + four,
		"uuid":          `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`,
		"uri":           `(?:https?|ftp)://` + host + `(?::[1-9]\d{0,3})?(?:/[a-zA-Z0-9._~-]*)*(?:\?[a-zA-Z0-9._~&=-]*)?(?:#[a-zA-Z0-9._~-]*)?`,
		"json-pointer":  `(?:/(?:[^~/]|~[01])*)*`,
		"uri-reference": `(?:/[a-zA-Z0-9._~-]+)+(?:\?[a-zA-Z0-9._~&=-]*)?(?:#[a-zA-Z0-9._~-]*)?`,
	}
}()

// noFormats say how a program keeps a value, which a text does not show.
var noFormats = []string{"int32", "int64", "float", "double", "password", "binary", "byte"}

var parsedFormats sync.Map

// formatOf is the strings of a format; nil: any.
func formatOf(f schemaAt) (expression, error) {
	if f.v.kind != 's' {
		return nil, f.errorf("", "is not a text")
	}
	for _, n := range noFormats {
		if f.v.text == n {
			return nil, nil
		}
	}
	pattern, ok := formats[f.v.text]
	if !ok {
		return nil, f.errorf("", "%.30q: this format is not supported", f.v.text)
	}
	if e, ok := parsedFormats.Load(f.v.text); ok {
		return e.(expression), nil
	}
	e, err := patternOf(pattern, atEdge)
	if err == nil {
		parsedFormats.Store(f.v.text, e)
	}
	return e, err
}
