# Two commands set everything up: `make demo` and `make test`. The rest is for those who work on the house.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests start some two hundred processes; without byte code on the disk each of them compiles the whole house anew.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup setup-dev demo demo-reset test check load lint types layers coverage soak mutants bench lock revision screenshots clean

setup: $(VENV)/.runtime  ## the virtual environment with the locked dependencies

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vinkki needs Python 3.11 or newer; set PYTHON=python3.x")'
	@# Debian keeps ensurepip in a package of its own: installed where we may, named where we may not.
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip' 2>/dev/null || { test "$$(id -u)" = 0 && apt-get install -y -qq python3-venv >/dev/null 2>&1; } \
	  || { echo "Python's venv module is missing. On Debian: sudo apt-get install python3-venv, then run this again."; exit 1; }
	@test -x $(BIN)/python || { echo "Making the virtual environment …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the locked dependencies …"
	@# The lock is whole: without a resolver no newer release of anything is even looked at (old pips stumble over extras).
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

setup-dev: $(VENV)/.dev

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing the locked test tools …"
	@$(PIP) install --no-compile --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip --disable-pip-version-check check >/dev/null || { $(BIN)/python -m pip check; exit 1; }
	@touch $@

demo: setup  ## the demo company on http://127.0.0.1:8765
	@$(BIN)/vinkki demo

demo-reset: setup  ## forget what was done in the demo and start over
	@$(BIN)/vinkki demo --reset

test: setup-dev  ## every test, set-up included
	@bash tests/browser_setup.sh
	@$(BIN)/python -m pytest -n 4 --dist loadgroup

check: setup-dev  ## what CI does
	@# The tests are loaded once beforehand, beside the linters: their workers then find the byte code instead of making it three times.
	@$(MAKE) --no-print-directory -j2 load lint types layers
	@$(MAKE) --no-print-directory test

load: setup-dev
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null || $(BIN)/python -m pytest --collect-only -qq

lint: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup-dev
	@$(BIN)/mypy

layers: setup-dev
	@$(BIN)/lint-imports

coverage: setup-dev  ## the tests again, and which lines and branches none of them reaches
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --cov --cov-report=term-missing:skip-covered

soak: setup-dev  ## the long way: 20,000 runs of the bonus machine (VINKKI_RUNS), every kill on PostgreSQL too, three years with 2,000 candidates
	@VINKKI_SOAK=1 $(BIN)/python -m pytest -n 2 tests/properties/test_bonus_machine.py tests/properties/test_three_years.py tests/bot/bonuses/test_killed.py

mutants: setup-dev  ## faults put in on purpose, each of which the bonus machine must find
	@VINKKI_MUTANTS=1 $(BIN)/python -m pytest -n 2 tests/properties/test_mutants.py

bench: setup-dev  ## the benchmark: a table, and build/bench.json
	@$(BIN)/python tests/bench

lock: setup-dev  ## resolve the dependencies anew; the files name no address
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --group build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header -c requirements.lock --group build --group dev pyproject.toml -o requirements-dev.lock

revision: setup-dev  ## before the first release: write the one migration anew from the models
	@$(BIN)/python -m bot.migrations.regenerate

screenshots: setup-dev  ## the README's pictures, from the running demo
	@$(BIN)/python tests/screenshots.py

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
