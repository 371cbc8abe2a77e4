module github.com/nlp-zoo/zoo/bench

go 1.26
