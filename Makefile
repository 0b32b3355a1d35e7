# Everything is installed into build/, bindings/node/node_modules and bindings/python/.venv; nothing global.
.DEFAULT_GOAL := help
.PHONY: help demo build test test-go test-c test-python test-readme test-node vectors differential fuzz bench lint fmt clean

PYTHON ?= python3
FUZZTIME ?= 30s
FLIPT_URL ?=
FLAGS := testdata/flags/demo.json
WHERE := $(or $(FLIPT_URL),$(FLAGS))

# It says that it is for Python 3.9.0 at the most, and works up to 3.11.
FEATUREFLAGCO_SDK := ffc-server-python-sdk==1.1.0
# It asks for old versions of pytest, urllib3 and others, and runs with today's.
FLAGSHIP_SDK := flagship==3.0.0

VENV := bindings/python/.venv
BIN := $(VENV)/bin
DEMO := build/demo

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the library for this machine into build/
	./build.sh

demo: build ## evaluate flags from C, Python and Node (FLIPT_URL=... asks a Flipt server)
	@mkdir -p $(DEMO)
	@$(CC) -O2 -Iinclude -o $(DEMO)/c ffi/demo/demo.c -Lbuild -lburgee -Wl,-rpath,$(CURDIR)/build
	@test -x $(DEMO)/python/bin/python || $(PYTHON) -m venv $(DEMO)/python
	@$(DEMO)/python/bin/pip install --quiet --disable-pip-version-check ./bindings/python
	@mkdir -p $(DEMO)/node && cp bindings/node/demo/demo.mjs $(DEMO)/node/ && cp bindings/node/demo/package.json $(DEMO)/node/
	@cd $(DEMO)/node && npm install --silent --no-audit --no-fund --install-links ../../../bindings/node
	@echo
	@echo "Flags from $(WHERE)"
	@echo
	@echo "C"
	@$(DEMO)/c '$(if $(FLIPT_URL),{"url":"$(FLIPT_URL)"},{"backend":"file","file":"$(FLAGS)"})'
	@echo "Python"
	@$(DEMO)/python/bin/python bindings/python/demo/demo.py $(WHERE)
	@echo "Node"
	@node $(DEMO)/node/demo.mjs $(WHERE)

test: test-go test-c test-python test-readme test-node ## run every test

test-go: ## Go, with the race detector
	go vet ./...
	go test -race ./...

test-c: build ## C, against the library
	sh ffi/ctest/run.sh

test-python: build/burgee-local-server $(VENV)/installed ## Python
	cd bindings/python && .venv/bin/python -m pytest -q --ignore tests/test_readme.py

test-readme: build/burgee-local-server $(VENV)/installed bindings/node/node_modules/installed ## every command and snippet of README.md
	cd bindings/python && .venv/bin/python -m pytest -q tests/test_readme.py

test-node: build/burgee-local-server bindings/node/node_modules/installed ## Node
	cd bindings/node && npm test

vectors: $(VENV)/installed bindings/node/node_modules/installed ## only the vendors' vectors, in all languages
	go test ./engine/backend/... ./ffi/api -run Vectors
	cd bindings/python && .venv/bin/python -m pytest -q tests/test_*vectors.py
	cd bindings/node && node --test test/*vectors.test.mjs

differential: $(VENV)/installed bindings/node/node_modules/installed ## random flags and users beside the vendors' own SDKs
	cd bindings/python/tests && ../.venv/bin/python -m differential

fuzz: ## run each fuzz target for FUZZTIME
	@for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; \
	    go test $$package -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done; \
	done

bench: build build/burgee-local-server ## Burgee beside its peers; writes build/bench.json
	bench/run

lint: $(VENV)/installed bindings/node/node_modules/installed ## formatters and linters, changing nothing
	@test -z "$$(gofmt -l engine ffi)" || { gofmt -l engine ffi; echo "gofmt: make fmt"; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(BIN)/clang-format --dry-run --Werror $(C_FILES)
	cd bindings/python && .venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy
	cd bench && $(CURDIR)/$(BIN)/ruff check . && $(CURDIR)/$(BIN)/ruff format --check . && $(CURDIR)/$(BIN)/mypy .
	cd bindings/node && npx prettier --check . ../../bench/subjects && npm run --silent typecheck

fmt: $(VENV)/installed bindings/node/node_modules/installed ## format everything
	gofmt -w engine ffi
	$(BIN)/clang-format -i $(C_FILES)
	cd bindings/python && .venv/bin/ruff format . ../../bench && .venv/bin/ruff check --fix . ../../bench
	cd bindings/node && npx prettier --write . ../../bench/subjects

clean: ## remove what was built and installed
	rm -rf build $(VENV) bindings/python/build bindings/python/src/*.egg-info bindings/node/node_modules bindings/node/build \
	  bindings/node/dist

C_FILES = $(shell git ls-files '*.c' '*.h')

build/burgee-local-server: $(shell find engine -name '*.go' -not -name '*_test.go')
	@mkdir -p build
	go build -o $@ ./engine/cmd/burgee-local-server

# The packages are installed again whenever the library or their own sources change.
$(VENV)/installed: bindings/python/requirements-dev.txt bindings/python/setup.py bindings/python/pyproject.toml \
  $(shell find bindings/python/src bindings/python/native engine ffi include -name '*.go' -o -name '*.[ch]' -o -name '*.py' -o -name '*.pyi') | build
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r bindings/python/requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --ignore-requires-python --no-deps $(FEATUREFLAGCO_SDK) $(FLAGSHIP_SDK)
	$(BIN)/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps ./bindings/python
	touch $@

bindings/node/node_modules/installed: bindings/node/package-lock.json bindings/node/package.json \
  $(shell find bindings/node/src bindings/node/native bindings/node/scripts engine ffi include -name '*.go' -o -name '*.[ch]' -o -name '*.*ts' -o -name '*.cjs') | build
	cd bindings/node && npm ci --no-audit --no-fund && npm run --silent build
	touch $@
