# Every target prepares what it needs and asks nothing. The work is done by the scripts in scripts/,
# each of which can be run by itself and says in its first lines what it does.

SHELL := bash
.DEFAULT_GOAL := help
# Flags for the server (run, watch) or the benchmark: make run ARGS='--listen 127.0.0.1:4000'
ARGS ?=

.PHONY: help run test test-rust test-journeys watch check build bench size clean

help: ## This list
	@printf 'secapid: the console and the API in one binary.\n\n'
	@printf 'Needed: a Rust toolchain (rustup), git, make, gcc, node with npm. All else is fetched once,\n'
	@printf 'into the cache folder of this user or, as root on Debian, by apt.\n\n'
	@awk -F ' *## ' '/^[a-z-]+:.*## / { sub(/:.*/, "", $$1); printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@printf '\nVariables:\n'
	@printf '  ARGS=...               flags for secapid (run, watch) or the benchmark (bench)\n'
	@printf '  CARGO_TARGET_DIR       where cargo builds; otherwise ./target, a link into the cache in a new clone\n'
	@printf '  SECAPI_TEST_POSTGRES   a server to test against, with the right to create databases\n'
	@printf '  SECAPI_CHROMIUM        the browser for the journeys\n'
	@printf '  SECAPI_WASM_FALLBACK   1: take the compiler for the browser from the distribution (see scripts/wasm-target)\n'

run: ## Build and start the server for development; prints the address to open
	@scripts/run $(ARGS)

test: ## All tests, on SQLite and PostgreSQL and in a browser; ends with `N passed, N failed`
	@scripts/test

test-rust: ## Only the tests of cargo
	@scripts/test rust

test-journeys: ## Only the journeys in a browser
	@scripts/test journeys

watch: ## Run the server and rebuild it whenever a source changes
	@scripts/watch $(ARGS)

check: ## Format, lints for server and browser, documentation, dependencies
	@scripts/check

build: ## Build the binary that is shipped: release/secapid under cargo's build folder
	@scripts/build

bench: ## Measure against the yardsticks; QUICK=1 takes under a minute, ARGS=--write keeps the result
	@scripts/bench $(if $(QUICK),--quick) $(ARGS)

size: ## What a browser downloads, file by file
	@node scripts/site.mjs --size

clean: ## Remove everything that was built here; tools in the cache stay
	@scripts/clean
