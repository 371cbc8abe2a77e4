package zoo_test

import (
	"context"
	"fmt"
	"log"

	"github.com/nlp-zoo/zoo"
)

// The checkpoints of these examples are tiny and random, so that they show the
// calls and not good answers.
func ExampleModel_Generate() {
	m, err := zoo.Open("models/llama/testdata/tied")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	tokens := 0
	for token, err := range m.Generate(context.Background(), "the cat", zoo.MaxTokens(8), zoo.Temperature(0.8), zoo.Seed(7)) {
		if err != nil {
			log.Fatal(err)
		}
		tokens++
		_ = token.Text
	}
	fmt.Println(tokens, "tokens")
	// Output: 8 tokens
}

func ExampleModel_Score() {
	m, err := zoo.Open("models/gpt/testdata/gpt2")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	l, err := m.Score(context.Background(), "the cat sat")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Tokens > 0, l.LogLikelihood < 0)
	// Output: true true
}

func ExampleModel_Embed() {
	m, err := zoo.Open("models/bert/testdata/bert")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	vectors, err := m.Embed(context.Background(), []string{"a text", "another"}, zoo.EmbedOptions{Normalize: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(vectors), "vectors of", len(vectors[0]))
	// Output: 2 vectors of 32
}

func ExampleModel_Fill() {
	m, err := zoo.Open("models/bert/testdata/xlmr-masked")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	masks, err := m.Fill(context.Background(), "the <mask> sat", 3)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(masks), "mask,", len(masks[0]), "predictions")
	// Output: 1 mask, 3 predictions
}

func ExampleModel_Chat() {
	m, err := zoo.Open("models/llama/testdata/qwen2")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for token, err := range m.Chat(context.Background(), []zoo.Message{{Role: "user", Content: "hello"}}, zoo.MaxTokens(4)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = token
	}
	// Output: chat: the model has no chat template
}
