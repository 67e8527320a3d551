# Ardent. `make help` lists the targets. Everything that is built or installed by us lies outside the checkout.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

HOME ?= /root
export CARGO_TARGET_DIR ?= $(HOME)/.cache/ardent/target
export ARDENT_TOOLS ?= $(HOME)/.cache/ardent/tools
export PATH := $(HOME)/.cargo/bin:$(ARDENT_TOOLS)/bin:$(PATH)

DEBUG := $(CARGO_TARGET_DIR)/debug
RELEASE := $(CARGO_TARGET_DIR)/release
PYTHON := $(ARDENT_TOOLS)/venv/bin/python
# One set of features for everything, so that nothing is compiled twice.
WORKSPACE := --locked --workspace --all-targets

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## install what building, running and testing need (Debian; as root or with sudo)
	@scripts/setup.sh test

.PHONY: build
build: ## build everything, with debug checks
	@scripts/setup.sh build
	cargo build $(WORKSPACE)

.PHONY: fmt
fmt: ## format the sources
	cargo fmt --all

.PHONY: lint
lint: setup ## formatting, clippy, licences and dependencies
	cargo fmt --all --check
	cargo clippy $(WORKSPACE) -- -D warnings
	cargo deny --locked check --hide-inclusion-graph -A no-license-field bans licenses sources

.PHONY: test
test: lint ## the tests: real PostGIS, a real S3 server, real clients
	cargo build $(WORKSPACE)
	$(DEBUG)/ardent-testkit services -- cargo test --locked --workspace --no-fail-fast
	ARDENT_BIN=$(DEBUG)/ardent ARDENT_TESTKIT_BIN=$(DEBUG)/ardent-testkit $(PYTHON) -m pytest -p no:cacheprovider -ra tests/python

.PHONY: test-platform
test-platform: ## the long tests: the demo from end to end, twice; Keycloak and the notebooks; clients and suites of STAC
	@scripts/setup.sh platform
	cargo build $(WORKSPACE)
	scripts/test-platform.sh $(DEBUG)/ardent-testkit

.PHONY: bench
bench: ## what verifying a token costs, as ratios to the signature check alone
	@scripts/setup.sh build
	cargo bench --locked -p ardent-identity --bench verify

.PHONY: bench-search
bench-search: release ## searches beside stac-fastapi-pgstac on one PostgreSQL: CPU per request, as ratios
	@scripts/setup.sh bench
	$(ARDENT_TOOLS)/bench/bin/python tests/bench/search.py --ardent $(RELEASE)/ardent $(BENCH_OPTIONS)

.PHONY: bench-cube
bench-cube: release ## cubes beside odc-stac and GDAL, and beside the least they can cost: CPU, wall time, memory, as ratios
	@scripts/setup.sh bench-cube
	cargo build --locked --release -p ardent-datacube --example floor
	$(ARDENT_TOOLS)/bench-cube/bin/python tests/bench/cube.py --ardent $(RELEASE)/ardent --floor $(RELEASE)/examples/floor $(BENCH_OPTIONS)

.PHONY: fuzz
fuzz: ## a minute of made-up input for each parser (cargo install cargo-fuzz)
	@mkdir -p $(CARGO_TARGET_DIR)-fuzz/corpus/{cog,cql2_text,cql2_json,datetime}
	@for target in cog cql2_text cql2_json datetime; do \
	    RUSTC_BOOTSTRAP=1 cargo fuzz run --target-dir $(CARGO_TARGET_DIR)-fuzz $$target \
	        $(CARGO_TARGET_DIR)-fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=60 \
	        -max_len=$$(test $$target = cog && echo 16000 || echo 2000) -rss_limit_mb=1024 || exit 1; \
	done

.PHONY: demo
demo: release ## a year of scenes, from the archive to four seasonal mosaics (pictures in demo-out/)
	$(RELEASE)/ardent-testkit demo --ardent $(RELEASE)/ardent

.PHONY: serve
serve: release ## the demo's server, left running with its data; Ctrl-C stops it
	$(RELEASE)/ardent-testkit demo --ardent $(RELEASE)/ardent --serve

.PHONY: release
release:
	@scripts/setup.sh build
	cargo build --locked --release -p ardent -p ardent-testkit

.PHONY: clean
clean: ## remove what was built
	cargo clean
	rm -rf demo-out
