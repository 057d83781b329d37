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

# Where Terraform keeps what it makes while it only checks.
CHECK := TF_DATA_DIR=$(CURDIR)/.local/terraform/check terraform -chdir=infra/aws

# Programs from PyPI, pinned, each list in a folder of its own that is whole when it has the file `done`.
PYTHON := .local/python
STACK = $(PYTHON)/deploy/bin/python infra/aws/stack.py

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
demo: build ## Run the chain of jobs through the whole stack on this machine, and check the result
	$(LOCAL) demo

.PHONY: dev
dev: build ## Keep the whole stack up on this machine (CLOCK=scheduler for EventBridge Scheduler)
	$(LOCAL) dev $(if $(CLOCK),--clock $(CLOCK))

.PHONY: test
test: build $(PYTHON)/test/done ## Run every test (TEST=words selects)
	env -u DATABASE_URL MOTO_SERVER=$(CURDIR)/$(PYTHON)/test/bin/moto_server \
		SCHEMATHESIS=$(CURDIR)/$(PYTHON)/test/bin/schemathesis $(LOCAL) with-postgres -- $(MAKE) --no-print-directory test-with-postgres
	$(if $(TEST),,$(MAKE) --no-print-directory test-browser test-cloud)

# Tests that have nothing to work on pass without a word; here it is said.
.PHONY: test-with-postgres
test-with-postgres: check-queries
	@test -n "$$SUNDIAL_META_FIXTURES" || echo "SKIPPED: recorded creatives (SUNDIAL_META_FIXTURES names no folder)"
	@command -v pgbouncer >/dev/null || test -n "$$CI" || echo "SKIPPED: runs behind a transaction pooler (PgBouncer is not installed)"
	@command -v aws >/dev/null || test -n "$$CI" || echo "SKIPPED: the AWS CLI against the local stack (it is not installed)"
	cargo $(if $(shell cargo nextest --version 2>/dev/null),nextest run --no-fail-fast,test --no-fail-fast) \
		--locked --workspace --all-targets $(FEATURES) $(TEST)

.PHONY: test-cloud
test-cloud: need-terraform $(PYTHON)/test/done ## Deploy the stack to a stand-in of AWS, look at it, roll back, destroy
	cd tests/cloud && PYTHONDONTWRITEBYTECODE=1 $(CURDIR)/$(PYTHON)/test/bin/python test_stack.py

.PHONY: test-browser
test-browser: build $(PYTHON)/browser/done ## Use the console of a local stack in Chromium; pictures of every page are left in .local/screenshots
	cd tests/browser && PYTHONDONTWRITEBYTECODE=1 $(CURDIR)/$(PYTHON)/browser/bin/python -m unittest --verbose $(BROWSER)

# The queries compiled against the migrated database must be those in .sqlx.
.PHONY: check-queries
check-queries: compile-queries
	@diff -r $(CARGO_TARGET_DIR)/sqlx .sqlx || { echo ".sqlx is out of date: run make queries"; exit 1; }

.PHONY: compile-queries
compile-queries:
	$(LOCAL) migrate
	rm -rf $(CARGO_TARGET_DIR)/sqlx && mkdir -p $(CARGO_TARGET_DIR)/sqlx
	@# Queries are checked where they are expanded, all of them in `shared`. Its time of change is put back, so that nothing else is built anew.
	touch -r shared/src/lib.rs $(CARGO_TARGET_DIR)/lib.rs.time && touch shared/src/lib.rs
	SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$(CARGO_TARGET_DIR)/sqlx cargo check --locked -p shared; \
		status=$$?; touch -r $(CARGO_TARGET_DIR)/lib.rs.time shared/src/lib.rs; exit $$status

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

# Figures mean something only on a quiet machine, so this is no part of the tests. dlt is for the group `sync` alone.
.PHONY: bench
bench: setup $(if $(filter sync,$(or $(BENCH),sync)),$(PYTHON)/bench/done) ## Measure latencies, memory and throughput beside public tools (BENCH=words selects)
	cargo build --locked --profile measure -p ad_classification -p asset_download -p dispatcher -p meta_sync -p reconciler -p bench
	$(CARGO_TARGET_DIR)/measure/bench $(BENCH)

.PHONY: lint
lint: ## Check formatting, lints and documentation
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	@# Each function is built alone for Lambda: a feature that only the workspace's union turns on would be missing.
	for function in functions/*; do cargo check --quiet --locked -p "$$(basename $$function)"; done
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
	$(MAKE) --no-print-directory lint-infra

.PHONY: lint-infra
lint-infra: need-terraform $(PYTHON)/lint/done ## Check the stack's form, types and policies
	terraform -chdir=infra/aws fmt -check -recursive
	$(CHECK) init -backend=false -input=false $(if $(TF_PLUGIN_DIR),-plugin-dir=$(TF_PLUGIN_DIR)) >/dev/null
	$(CHECK) validate
	$(PYTHON)/lint/bin/checkov --quiet --compact --skip-download --framework terraform --directory infra/aws

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all
	if command -v terraform >/dev/null; then terraform fmt -recursive infra/aws; fi

.PHONY: build-lambda
build-lambda: setup $(PYTHON)/build/done ## Build one zip per function for AWS (ARCH=arm64 for Graviton)
	@# One package at a time, so that none gets a feature that only another one needs.
	for folder in functions/*; do \
		name=$$(basename $$folder); \
		PATH="$(CURDIR)/$(PYTHON)/build/bin:$$PATH" cargo lambda build --locked --release --output-format zip \
			--lambda-dir target/lambda $(if $(filter arm64,$(ARCH)),--arm64,--x86-64) --package $$name --bin $$name; \
	done
	wc -c target/lambda/*/bootstrap.zip

.PHONY: migrate
migrate: setup ## Bring the database at DATABASE_URL up to date, alone; fails when an old migration was changed, skipped or is missing
	@test -n "$$DATABASE_URL" || { echo "DATABASE_URL is not set"; exit 1; }
	@case "$$DATABASE_URL" in *:6543/*) echo "Port 6543 is a transaction pooler, which loses the lock: use the direct address"; exit 1;; esac
	cargo build --locked -p sundial-local
	$(LOCAL) migrate

.PHONY: secrets
secrets: need-env $(PYTHON)/deploy/done ## Ask for the secrets of ENV and keep them in AWS (NAME=... asks for one)
	$(STACK) secrets $(ENV) $(if $(NAME),--name $(NAME))

.PHONY: plan
plan: need-env $(PYTHON)/deploy/done ## Show what a deploy to ENV would change
	$(STACK) plan $(ENV)

.PHONY: deploy
deploy: need-env $(PYTHON)/deploy/done build-lambda ## Build, plan, ask, migrate, deploy to ENV (YES=1 does not ask; MIGRATE=no)
	$(STACK) deploy $(ENV) $(if $(YES),--yes) $(if $(filter no,$(MIGRATE)),--no-migrate)

.PHONY: rollback
rollback: need-env $(PYTHON)/deploy/done ## Put the functions of ENV back to what they were before the last deploy (YES=1)
	$(STACK) rollback $(ENV) $(if $(YES),--yes)

.PHONY: destroy
destroy: need-env $(PYTHON)/deploy/done ## Remove the stack of ENV from AWS (YES=1 does not ask)
	$(STACK) destroy $(ENV) $(if $(YES),--yes)

.PHONY: schedules
schedules: need-env $(PYTHON)/deploy/done build-schedules ## Run `schedules` for ENV, as in RUN="why JOB" or RUN="audit --since 2d"
	@$(STACK) schedules $(ENV) -- $(RUN)

.PHONY: rules
rules: need-env $(PYTHON)/deploy/done build-schedules ## Write the rules of jobs for Terraform, their owner from then on (OWNER=reconciler gives them back)
	$(STACK) rules $(ENV) --owner $(or $(OWNER),terraform)

.PHONY: build-schedules
build-schedules: setup
	cargo build --locked --package reconciler --bin schedules

.PHONY: need-env
need-env: need-terraform
	@test -n "$(ENV)" || { echo "Say for which environment, as in: make $(firstword $(MAKECMDGOALS)) ENV=prod"; exit 1; }

.PHONY: need-terraform
need-terraform:
	@command -v terraform >/dev/null || { \
		echo "Terraform is missing: install 1.11 or newer from https://developer.hashicorp.com/terraform/install"; exit 1; }

$(PYTHON)/test/done: infra/aws/requirements/deploy.txt

define install-python
	@command -v python3 >/dev/null || { echo "Python is missing: install 3.10 or newer, with venv"; exit 1; }
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
endef

$(PYTHON)/bench/done: tests/bench/peers/requirements.txt
	$(install-python)

$(PYTHON)/browser/done: tests/browser/requirements.txt
	$(install-python)

$(PYTHON)/%/done: infra/aws/requirements/%.txt
	$(install-python)

.PHONY: clean
clean: ## Remove what was built and the local data
	cargo clean
	rm -rf .local
