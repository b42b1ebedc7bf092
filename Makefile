# Nothing but python3 and make is needed: .venv is made from requirements.lock, whose hashes are checked.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Options of pytest under make test: two processes a core, since many tests wait for other processes.
PYTEST ?= -n $$(( 2 * $$($(BIN)/python -c 'import os; print(os.cpu_count() or 1)') )) --dist worksteal
PACKAGES := bot domain handlers knowledge scheduler storage web
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
	--no-emit-index-url --no-emit-find-links --group dev pyproject.toml -o requirements.lock

.DEFAULT_GOAL := help
.PHONY: help run test lint types coverage format lock upgrade bench rig clean

help:  ## say what can be made
	@grep -hE '^[a-z.]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z.]+):.*## */  make \1\t/'

run: $(READY)  ## start the service with the sample community
	$(BIN)/xiaoqi run --sample

test: lint  ## check everything: lint, types, contracts, then all tests on both databases
	$(BIN)/python tests/browser.py
	$(BIN)/python -m pytest $(PYTEST)

lint: $(READY) types  ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy $(PACKAGES)

coverage: $(READY)  ## which lines no test runs
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report --skip-covered --show-missing

format: $(READY)  ## put the code into its one shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY)  ## write requirements.lock again after a change in pyproject.toml
	$(BIN)/$(LOCK)

upgrade: $(READY)  ## write requirements.lock again with the newest versions allowed
	$(BIN)/$(LOCK) --upgrade

bench: $(READY)  ## measure; make bench NAME=intake
	$(BIN)/xiaoqi bench $(NAME)

rig: $(READY)  ## break the service and count what is lost; make rig NAME="leaders repeats" SEED=7 SCALE=long
	$(BIN)/python -m tests.rig $(or $(NAME),all) --seed $(or $(SEED),1) --scale $(or $(SCALE),short) $(ARGS)

clean:  ## remove the environment and every cache (never var/, which holds data)
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

.venv: $(READY)  ## make the environment

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "xiaoqi needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "this python3 has no venv; bring it with: apt-get install -y python3-venv"; exit 1; }
	@echo "making $(VENV) (about a minute, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
