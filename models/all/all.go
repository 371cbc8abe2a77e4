// Package all registers every family of models with package model.
package all

import (
	_ "github.com/nlp-zoo/zoo/models/gpt"
	_ "github.com/nlp-zoo/zoo/models/llama"
)
