.PHONY: build test ci generate lint

build:
	CGO_ENABLED=0 go build -trimpath -o zoo ./cmd/zoo

test:
	go test ./...

ci:
	.ci/run

generate:
	go generate ./...

lint:
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...
