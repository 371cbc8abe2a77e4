// Package tokenizer turns text into the token ids a model was trained on, and
// ids back into text.
//
// It reads every form vocabularies are published in: tokenizer.json of Hugging
// Face's tokenizers, vocab.json with merges.txt, vocab.txt of BERT, SentencePiece
// models, GGUF metadata, tiktoken's rank files and llama2.c's tokenizer.bin. Open
// finds out by itself what a directory holds. The ids are those of the reference
// implementations, which the tests hold it to.
//
// A Tokenizer never changes after it is made: any number of goroutines may use
// one. The package knows nothing of tensors or of chat.
//
// The way of a text: tokens that were added to a vocabulary are found in it and
// cut out; what lies between them is normalised (normalizer.go), cut into words
// (pretokenizer.go, package scan), and each word is encoded by a model (bpe.go,
// unigram.go, wordpiece.go). A template (template.go) puts special tokens around
// the ids. Decoding passes tokens through a chain of steps (decoder.go) that
// works on streams, so that a text decoded piece by piece is the text decoded
// at once.
package tokenizer
