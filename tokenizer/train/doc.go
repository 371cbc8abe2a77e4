// Package train learns the vocabulary of a tokenizer from a corpus: byte-pair
// encoding over characters or bytes, WordPiece, the unigram language model, and
// the plain alphabets of characters and of bytes.
//
// [Train] counts the words of a corpus in a stream (count.go), on all threads and
// in bounded memory (spill.go), and learns from the counts. Byte-pair encoding
// and WordPiece (bpe.go) give the vocabulary and the merges of Hugging Face's
// trainers; unigram (unigram.go) follows SentencePiece's. The result is the same
// at any number of threads.
//
// A [Preset] holds the settings of a known family of tokenizers. What is learnt
// is written as tokenizer.json (output.go), which Hugging Face's library and
// package tokenizer read.
package train
