# Everything a newcomer types. Each target sets up what it needs in .venv, and does nothing twice.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Some 300 Pythons start in the tests, and benchmarks measure starts: none should compile what another has.
export PYTHONDONTWRITEBYTECODE :=
# pip may build a package from its source, which runs the package's code: keep AWS credentials out of its environment.
unexport $(filter AWS_%,$(.VARIABLES))
SOURCES := app.py chalicelib overdue tests benchmarks

.PHONY: help run demo test test-dynalite dynalite lint types imports unit bench bench-ping bench-cold bench-evaluation bench-latency bench-listing bench-pages bench-package bench-probing bench-sweep bench-units bench-storm bench-scale bench-attack fuzz simulate package lock format clean docs screenshots

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: .venv/run.done ## start Overdue on this machine: pings, sweep, inbox (ARGS="--speed 60 --port 8080")
	@$(BIN)/overdue local $(ARGS)

demo: .venv/run.done ## watch six jobs on a fast clock, and the alerts that they cause
	@$(BIN)/overdue demo $(ARGS)

test: .venv/dev.done .venv/clients.done lint types imports ## run all checks and all tests
	$(BIN)/pytest -n auto --dist loadfile tests

test-dynalite: .venv/dev.done .venv/dynalite.done ## the tests that meet DynamoDB, against a second engine (needs Node 20)
	$(BIN)/pytest -n auto --dist loadfile --dynamodb dynalite tests/integration $(ARGS)

dynalite: .venv/dynalite.done ## install the engine for `overdue local --keep DIR` into .venv/dynalite (npm, needs Node 20)

fuzz: .venv/dev.done ## 20,000 hostile requests from a new seed: some 7 minutes, at most 20 (ARGS="--seed 7")
	$(BIN)/pytest -q -s tests/fuzz --seed 0 --requests 10000 --seconds 600 $(ARGS)

simulate: .venv/dev.done ## 10,000 checks for 30 days in fast time, against a judge: minutes on two cores (ARGS="--checks 500 --days 3 --seed 7")
	@$(BIN)/python -m benchmarks.simulate $(ARGS)

lint: .venv/dev.done ## style
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: .venv/dev.done ## types
	$(BIN)/mypy

imports: .venv/dev.done ## which room may import which
	$(BIN)/lint-imports --no-logo

unit: .venv/dev.done ## only the tests that need no AWS
	$(BIN)/pytest tests/unit tests/properties

bench: ## all benchmarks, whatever one of them says: tables here, JSON in benchmarks/out
	@failed=; for each in ping cold evaluation listing pages package sweep storm scale units attack latency; do \
	    $(MAKE) --no-print-directory bench-$$each || failed="$$failed $$each"; done; \
	if [ -n "$$failed" ]; then echo "over a limit:$$failed"; exit 1; fi

bench-ping: .venv/dev.done ## CPU and DynamoDB calls per ping, against a bare UpdateItem
	$(BIN)/python -m benchmarks.ping $(ARGS)

bench-cold: .venv/dev.done ## importing the app and a first ping, against botocore and one client
	$(BIN)/python -m benchmarks.cold $(ARGS)

bench-evaluation: .venv/dev.done ## CPU of the most expensive evaluation of a check, against that of a plain one
	$(BIN)/python -m benchmarks.evaluation $(ARGS)

bench-listing: .venv/dev.done ## CPU and DynamoDB calls of a list of 1,000 checks
	$(BIN)/python -m benchmarks.listing $(ARGS)

bench-pages: .venv/dev.done ## CPU and size of the overview of 1,000 checks, and of a check with 90 days of history
	$(BIN)/python -m benchmarks.pages $(ARGS)
	$(BIN)/python -m benchmarks.check_page $(ARGS)

bench-units: .venv/dev.done ## DynamoDB's units per ping in five workloads, and their list price
	$(BIN)/python -m benchmarks.units $(ARGS)

bench-attack: .venv/dev.done ## what a flood costs at list price, by what the attacker knows
	$(BIN)/python -m benchmarks.attack $(ARGS)

bench-sweep: .venv/dev.done ## the sweep of up to 100,000 checks when none is due
	$(BIN)/python -m benchmarks.sweep $(ARGS)

bench-storm: .venv/dev.done ## 10,000 checks due at once: the first message, CPU and calls per alert
	$(BIN)/python -m benchmarks.storm $(ARGS)

bench-scale: .venv/dev.done ## the due index and the sweep, simulated in memory (ARGS="--checks 1000000": some minutes)
	$(BIN)/python -m benchmarks.scale $(ARGS)

bench-latency: .venv/dev.done ## from a deadline to its alert, on the local server
	$(BIN)/python -m benchmarks.latency $(ARGS)

bench-probing: .venv/dev.done ## a minute of 1,000 probes: wall clock, CPU, memory
	$(BIN)/python -m benchmarks.probing $(ARGS)

bench-package: .venv/dev.done ## the package's size, and a cold start from where it is unpacked
	$(BIN)/python -m benchmarks.package $(ARGS)

package: .venv/run.done ## what `overdue deploy` uploads, into dist/: the zips and the template
	@$(BIN)/python -c "from pathlib import Path; from overdue.deploy.packaging.package import package; package(Path('dist'))"
	@sha256sum dist/functions.zip dist/notifier.zip dist/template.json

lock: .venv/dev.done ## write the hashes of the packages' dependencies, after a change of their versions: some minutes
	$(BIN)/python -m overdue.deploy.packaging.lock

format: .venv/dev.done ## put the code into shape
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

screenshots: .venv/dev.done ## take the pictures in docs/images anew (needs Debian's chromium)
	$(BIN)/python -m tests.browser.pictures

docs: .venv/dev.done ## write docs/reference/cli.md and docs/reference/fields.md from the commands' help and the field table
	$(BIN)/python -m overdue.cli.reference > docs/reference/cli.md
	$(BIN)/python -m overdue.cli.field_reference > docs/reference/fields.md

clean: ## remove what was installed and cached
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache benchmarks/out .chalice/deployments dist

.venv/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Overdue needs Python 3.11 or newer: make run PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/run.done: pyproject.toml requirements.txt .venv/bin/pip
	@echo "Installing into .venv: once, and again when requirements change"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/dev.done: pyproject.toml requirements.txt .venv/bin/pip
	@echo "Installing into .venv: once, and again when requirements change"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/run.done

.venv/clients.done: tests/e2e/clients.txt .venv/bin/pip
	$(PYTHON) -m venv .venv/clients
	.venv/clients/bin/pip install --quiet --disable-pip-version-check --requirement tests/e2e/clients.txt
	@touch $@

.venv/dynalite.done: overdue/local/engines/node/package.json overdue/local/engines/node/package-lock.json .venv/bin/pip
	@command -v npm > /dev/null || { echo "dynalite runs on Node 20 or newer, with npm: install it (https://nodejs.org)" >&2; exit 1; }
	@echo "Installing dynalite into .venv/dynalite: once, and again when its version changes"
	@mkdir -p .venv/dynalite
	@cp overdue/local/engines/node/package.json overdue/local/engines/node/package-lock.json .venv/dynalite/
	@npm ci --prefix .venv/dynalite --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
