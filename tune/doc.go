// Package tune turns a model that was trained on much text into one that does a
// task: heads and their objectives for classes, tags, answers, choices, sentences
// and instructions, and changes of low rank (LoRA) in place of training every weight.
package tune
