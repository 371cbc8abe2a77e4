package grammar

import "strings"

// keywords are those that are followed, and annotations that say nothing of values.
var keywords = func() map[string]bool {
	m := map[string]bool{}
	for _, k := range strings.Fields(`
		type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
		minLength maxLength pattern format
		items prefixItems additionalItems minItems maxItems uniqueItems
		properties required additionalProperties patternProperties propertyNames minProperties maxProperties
		allOf anyOf oneOf not $ref $defs definitions
		$id $schema $anchor $comment title description default example examples deprecated readOnly writeOnly
		discriminator externalDocs xml nullable strict`) {
		m[k] = true
	}
	return m
}()

func checkKeywords(p schemaAt) error {
	for _, m := range p.v.members {
		if !keywords[m.name] && !strings.HasPrefix(m.name, "x-") {
			return p.errorf(m.name, "this keyword is not supported")
		}
	}
	return nil
}
