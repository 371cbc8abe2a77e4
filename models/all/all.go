// Package all registers every family of models with package model.
package all

import (
	_ "github.com/nlp-zoo/zoo/models/bert"
	_ "github.com/nlp-zoo/zoo/models/gpt"
	_ "github.com/nlp-zoo/zoo/models/llama"
	_ "github.com/nlp-zoo/zoo/models/t5"
)
