// Command ngram tells what held-out text a language model of n-grams expects, and what
// one of the zoo's does, on the same tokens: the interpolated model of Kneser and Ney,
// of orders 1 to --order, is the least that a trained model should beat.
//
//	go run ./tools/ngram --tokenizer DIR --train train.txt --heldout heldout.txt [MODEL...]
//
// Documents stand between blank lines. All tokens of each are predicted, the first
// after nothing; a model of the zoo reads windows as long as its context, of which
// the second half is predicted each time, so that it has at least half of it before it.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/tokenizer"
)

func main() {
	tokens := flag.String("tokenizer", "", "tokenizer's folder or file, or a model that has one")
	train := flag.String("train", "", "text to count n-grams in")
	heldOut := flag.String("heldout", "", "text to measure with")
	order := flag.Int("order", 5, "length of the longest n-gram, up to 6")
	flag.Parse()
	if *tokens == "" || *train == "" || *heldOut == "" || *order < 1 || *order > maxOrder {
		fmt.Fprintln(os.Stderr, "ngram: usage: ngram --tokenizer DIR --train FILE --heldout FILE [--order N] [MODEL...]")
		os.Exit(2)
	}
	if err := run(*tokens, *train, *heldOut, *order, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "ngram: "+err.Error())
		os.Exit(1)
	}
}

// result is what a model makes of a text.
type result struct {
	nats          float64
	tokens, bytes int
}

func (r result) print(name string) {
	perToken, perByte := r.nats/float64(r.tokens), r.nats/float64(r.bytes)
	fmt.Printf("%-28s %8d tokens  loss %.4f  perplexity of a token %8.2f  of a byte %.4f  bits of a byte %.4f\n",
		name, r.tokens, perToken, math.Exp(perToken), math.Exp(perByte), perByte/math.Ln2)
}

func run(tokens, train, heldOut string, order int, models []string) error {
	t, err := model.OpenTokenizer(tokens)
	if err != nil {
		return err
	}
	known, err := read(t, train)
	if err != nil {
		return err
	}
	unknown, err := read(t, heldOut)
	if err != nil {
		return err
	}
	for n := 1; n <= order; n++ {
		m := learn(known.documents, n, t.VocabSize())
		r := result{bytes: unknown.bytes}
		for _, d := range unknown.documents {
			ids := padded(d, n)
			for end := n; end <= len(ids); end++ {
				r.nats -= math.Log(m.probability(ids[end-n : end]))
				r.tokens++
			}
		}
		r.print(fmt.Sprintf("%d-grams", n))
	}
	for _, path := range models {
		r, err := score(path, unknown)
		if err != nil {
			return err
		}
		r.print(path)
	}
	return nil
}

// text is documents of tokens.
type text struct {
	documents [][]int32
	bytes     int
}

func read(t *tokenizer.Tokenizer, path string) (text, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return text{}, err
	}
	var x text
	for d := range strings.SplitSeq(string(data), "\n\n") {
		if d = strings.TrimSpace(d); d != "" {
			x.documents = append(x.documents, t.Encode(d, tokenizer.Bare, tokenizer.Literal))
			x.bytes += len(d)
		}
	}
	return x, nil
}

// score is what the checkpoint at path makes of documents.
func score(path string, x text) (result, error) {
	m, err := model.Open(path)
	if err != nil {
		return result{}, err
	}
	defer m.Close()
	net, ok := m.Net.(interface {
		model.Decoder
		Context() int
	})
	if !ok {
		return result{}, fmt.Errorf("%s: it does not predict texts", path)
	}
	r := result{bytes: x.bytes}
	first, ok := m.Tokenizer.EOS() // what stands between documents in training
	if bos, has := m.Tokenizer.BOS(); has {
		first, ok = bos, true
	}
	if !ok {
		return result{}, fmt.Errorf("%s: no token begins a text", path)
	}
	for _, d := range x.documents {
		ids := append([]int32{first}, d...)
		size := net.Context()
		for from, done := 0, 1; done < len(ids); from += size / 2 {
			window := ids[from:min(from+size, len(ids))]
			logProbs, err := generate.Score(context.Background(), net, window)
			if err != nil {
				return result{}, err
			}
			for i, p := range logProbs { // of window[i+1]
				if from+i+1 >= done {
					r.nats -= p
					r.tokens++
				}
			}
			done = from + len(window)
		}
	}
	return r, nil
}
