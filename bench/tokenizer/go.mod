module github.com/nlp-zoo/zoo/bench/tokenizer

go 1.26.0

require github.com/nlp-zoo/zoo v0.0.0

require (
	github.com/dlclark/regexp2/v2 v2.13.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/nlp-zoo/zoo => ../..
