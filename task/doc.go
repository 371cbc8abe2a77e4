// Package task turns text into answers: it puts a tokenizer before a model and
// gives the model's numbers back as words, scores and vectors. A task works on
// the interfaces of package model, so that a new model has it by being registered.
//
// Each task is a function that takes a model. Those that read whole texts at once
// (embeddings, classes, tags, answers, masks) are methods of a [Gatherer] too, which
// reads the texts of many goroutines together, with the same results.
package task
