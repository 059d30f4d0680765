# Everything is set up in .venv by plain pip; repeating any target is quick and safe.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DISTRIBUTIONS := core app plugins/xero plugins/apptivo plugins/entities plugins/sandbox plugins/web
INSTALLED := $(VENV)/.installed

.PHONY: help install demo check test matrix simulate nightly budget benchmark format clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Set up .venv with exact, hashed packages and our own distributions

$(INSTALLED): requirements/dev.txt $(DISTRIBUTIONS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Tieout needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation $(DISTRIBUTIONS:%=-e %)
	@touch $@

demo: install ## Watch a firm go from Apptivo into Xero, on this machine
	$(BIN)/tieout demo

check: install ## Lint, layout, types, import rules, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@for each in $(DISTRIBUTIONS); do echo "deptry $$each"; (cd $$each && $(CURDIR)/$(BIN)/deptry src) || exit 1; done

test: install ## The tests
	$(BIN)/pytest

matrix: install ## The longer matrices: every crash, the machine in full, more seeds, PostgreSQL
	$(BIN)/pytest -m matrix

SEED ?= 1
simulate: install ## Play a firm's days by seed, such as SEED=7 or SEED=1-60: no socket, no real time
	$(BIN)/python tests/simulation -- $(SEED)

nightly: install ## What takes long: a thousand seeds, planted faults, one seed a hundred times
	$(BIN)/pytest -m nightly
	$(BIN)/python tests/simulation -- 1-1000

budget: install ## How long each part takes, against what it may take
	$(BIN)/python tests/budget.py

MEASURE ?=
benchmark: install ## How fast Tieout is beside its rivals (MEASURE=--all), and the page; on an idle machine
	$(BIN)/pytest benchmarks -n 0
	$(BIN)/python benchmarks $(MEASURE)
	$(BIN)/pytest -m benchmark -n 0 -s

format: install ## Lay out the code as the checks want it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what the targets made
	rm -rf $(VENV) .venv-benchmark .tieout/demo .tieout/benchmark-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
