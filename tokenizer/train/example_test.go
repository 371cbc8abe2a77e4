package train_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/nlp-zoo/zoo/tokenizer/train"
)

// A byte-level vocabulary of GPT-2's kind, learnt from a text in memory.
func Example() {
	c, err := train.Preset("gpt2")
	if err != nil {
		log.Fatal(err)
	}
	c.VocabSize = 270
	v, err := train.Train(context.Background(), c, train.Text("text", strings.Repeat("low lower lowest newer newest\n", 10)))
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range v.Merges[:4] {
		fmt.Println(v.Tokens[m[0]], v.Tokens[m[1]])
	}
	t, err := v.Tokenizer()
	if err != nil {
		log.Fatal(err)
	}
	ids := t.Encode("lower newest")
	for _, id := range ids {
		token, _ := t.Token(id)
		fmt.Print(token, "|")
	}
	fmt.Println(t.Decode(ids, false))
	// Output:
	// w e
	// l o
	// e we
	// n ewe
	// lo|we|r|Ġnewest|lower newest
}

// A unigram vocabulary from files; Files is what zoo tokenizer train writes.
func ExampleTrain() {
	c, err := train.Default(train.Unigram)
	if err != nil {
		log.Fatal(err)
	}
	c.VocabSize = 300
	v, err := train.Train(context.Background(), c, train.File("testdata/corpus/words.txt"))
	if err != nil {
		log.Fatal(err)
	}
	files, err := v.Files()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(v.Tokens), "tokens,", len(files), "files")
	fmt.Println(v.Tokens[:3])
	// Output:
	// 300 tokens, 2 files
	// [<pad> </s> <unk>]
}

// Settings of a family can be changed before training.
func ExamplePreset() {
	c, err := train.Preset("bert-uncased")
	if err != nil {
		log.Fatal(err)
	}
	c.VocabSize, c.MinFrequency = 40, 2
	c.Special = append(c.Special, "[USER]")
	v, err := train.Train(context.Background(), c, train.Text("text", "Playing, played, PLAYER; plays and play.\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.Tokens[:6])
	fmt.Println(v.Tokens[len(v.Tokens)-3:])
	// Output:
	// [[PAD] [UNK] [CLS] [SEP] [MASK] [USER]]
	// [##ay play playe]
}
