# Tools of fixed versions are built into the user's cache by the scripts in .ci.

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: test
test: ## every test, with the race detector and in random order
	go test -race -shuffle=on ./...

.PHONY: lint
lint: ## golangci-lint, and the proof that its import rules fire
	.ci/golangci-lint run ./...
	.ci/lint-selftest

.PHONY: fmt
fmt: ## format the code as the linter wants it
	.ci/golangci-lint fmt ./...

.PHONY: tidy
tidy: ## go.mod and go.sum as the code needs them
	go mod tidy

.PHONY: check
check: fuzz ## the search for inputs that break something, and everything that CI runs
	.ci/run

FUZZTIME ?= 10s
.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## phonehook against the least that could stand in its place, and the Go benchmarks
	go run ./cmd/phonehook bench
	go test -run '^$$' -bench . -benchmem ./...

# FAULTS=--short takes three minutes and is what CI runs.
.PHONY: faults
faults: ## break a running phonehook in every way that it must bear, ten minutes
	go run ./cmd/internal/faults $(FAULTS)

.PHONY: compose-smoke
compose-smoke: ## the compose stack, under load, with workers killed and stopped
	.ci/compose-smoke
