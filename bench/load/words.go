package load

import "strings"

// words are common ones, most of which are a token to most tokenizers.
var words = strings.Fields(`
the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all
her she there would their we him been has when who will no more if out so up said what its about than into them can only other time
new some could these two may first then do any like my now over such our man me even most made after also did many off before must
well back through years much where your way down should because long each just state those people too make very good world still see
work life day get here between both under never being last might great old year since come against go right came take used himself
house three water light night city river mountain garden letter window paper music summer winter morning evening question answer
`)
