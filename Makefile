# Every command a person types. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CARGO_TARGET_DIR ?= $(CURDIR)/target
LOCAL := $(CARGO_TARGET_DIR)/debug/sundial-local

# PostgreSQL is looked for on this machine; where there is none, a build that can download it.
HAS_POSTGRES := $(shell command -v initdb || ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb \
	/opt/homebrew/opt/postgresql@*/bin/initdb /usr/local/opt/postgresql@*/bin/initdb 2>/dev/null | head -n 1)
FEATURES := $(if $(HAS_POSTGRES)$(DATABASE_URL),,--features sundial-local/download-postgres)
# All targets at once, so that tests, the demo and the functions share one set of dependencies.
BUILD := cargo build --locked --workspace --all-targets $(FEATURES)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Check the tools, and say what is missing and how to get it
	@command -v cargo >/dev/null || { echo "Rust is missing: install it from https://rustup.rs"; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is missing: install gcc or clang (Debian: apt-get install build-essential)"; exit 1; }
	@$(if $(HAS_POSTGRES)$(DATABASE_URL),true,echo "No PostgreSQL here: version 15 or newer will be downloaded into .local")

.PHONY: build
build: setup ## Build everything for this machine
	$(BUILD)

.PHONY: demo
demo: build ## Run the main job through the whole stack on this machine, and check the result
	$(LOCAL) demo

.PHONY: dev
dev: build ## Keep the whole stack up on this machine
	$(LOCAL) dev

.PHONY: test
test: build ## Run every test (TEST=words selects)
	env -u DATABASE_URL $(LOCAL) with-postgres -- $(MAKE) --no-print-directory test-with-postgres

# Tests that have nothing to work on pass without a word; here it is said.
.PHONY: test-with-postgres
test-with-postgres: check-queries
	@test -n "$$SUNDIAL_META_FIXTURES" || echo "SKIPPED: recorded creatives (SUNDIAL_META_FIXTURES names no folder)"
	@command -v pgbouncer >/dev/null || test -n "$$CI" || echo "SKIPPED: runs behind a transaction pooler (PgBouncer is not installed)"
	@command -v aws >/dev/null || test -n "$$CI" || echo "SKIPPED: the AWS CLI against the local stack (it is not installed)"
	cargo $(if $(shell cargo nextest --version 2>/dev/null),nextest run --no-fail-fast,test --no-fail-fast) \
		--locked --workspace --all-targets $(FEATURES) $(TEST)

# The queries compiled against the migrated database must be those in .sqlx.
.PHONY: check-queries
check-queries: compile-queries
	@diff -r $(CARGO_TARGET_DIR)/sqlx .sqlx || { echo ".sqlx is out of date: run make queries"; exit 1; }

.PHONY: compile-queries
compile-queries:
	$(LOCAL) migrate
	rm -rf $(CARGO_TARGET_DIR)/sqlx && mkdir -p $(CARGO_TARGET_DIR)/sqlx
	touch shared/src/lib.rs
	SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$(CARGO_TARGET_DIR)/sqlx $(BUILD)

.PHONY: queries
queries: ## Rewrite .sqlx, after a query or a migration changed
	mkdir -p .sqlx
	cargo build --locked --workspace --all-targets $(FEATURES) 2>/dev/null || test -x $(LOCAL)
	env -u DATABASE_URL $(LOCAL) with-postgres -- $(MAKE) --no-print-directory compile-queries
	rm -rf .sqlx && cp -r $(CARGO_TARGET_DIR)/sqlx .sqlx

.PHONY: schema
schema: build ## Rewrite migrations/schema.sql, after a migration was added
	env -u DATABASE_URL SUNDIAL_UPDATE=1 $(LOCAL) with-postgres -- \
		cargo test --locked --workspace --all-targets $(FEATURES) -- the_schema_is_the_one_in_the_repository

# Optimised like the benchmarks: most of a simulation is computing.
.PHONY: simulate
simulate: setup ## Simulate months in which everything goes wrong (SEEDS=500 DAYS=60 SEED_BASE=1; SEED=7 replays one)
	cargo build --locked --profile measure -p simulator -p sundial-local $(FEATURES)
	env -u DATABASE_URL $(CARGO_TARGET_DIR)/measure/sundial-local with-postgres -- \
		$(CARGO_TARGET_DIR)/measure/simulate --days $(or $(DAYS),60) \
		$(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),500) --base $(or $(SEED_BASE),1))

# The queries of a mutant are compiled against the database, so it must have the tables.
.PHONY: simulate-mutants
simulate-mutants: build ## Prove that the simulator finds bugs: build it with each of many, and let it look (ONLY='words|others' selects)
	env -u DATABASE_URL $(LOCAL) with-postgres -- $(SHELL) -c '$(LOCAL) migrate && $(CARGO_TARGET_DIR)/debug/mutants \
		--copy $(CARGO_TARGET_DIR)/mutants/workspace --target $(CARGO_TARGET_DIR)/mutants --only "$(ONLY)"'

# Figures mean something only on a quiet machine, so this is no part of the tests.
.PHONY: bench
bench: setup ## Measure latencies, memory and throughput beside public tools (BENCH=words selects)
	cargo build --locked --profile measure -p asset_download -p dispatcher -p reconciler -p bench
	$(CARGO_TARGET_DIR)/measure/bench $(BENCH)

.PHONY: lint
lint: ## Check formatting, lints and documentation
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	@# Each function is built alone for Lambda: a feature that only the workspace's union turns on would be missing.
	for function in functions/*; do cargo check --quiet --locked -p "$$(basename $$function)"; done
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
	@if command -v terraform >/dev/null; then terraform -chdir=infra/aws fmt -check -recursive; else echo "SKIPPED: terraform is not installed"; fi

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all

.PHONY: clean
clean: ## Remove what was built and the local data
	cargo clean
	rm -rf .local
