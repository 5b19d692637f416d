# Everything runs in .venv, which is made on first use; Python 3.11+ and make are all that is needed beforehand.
PYTHON ?= python3
WORKERS ?= 3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test live lint types check docs lab bench wheel clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: .venv/.installed ## see Callward at work, without a PBX
	@$(BIN)/callward demo

test: .venv/.tools ## run every test (live ones too, where `make lab` was run)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

live: .venv/.tools lab ## run the tests that ring real Asterisks
	CALLWARD_LIVE=required $(BIN)/python -m pytest -m live -n $(WORKERS) --dist loadgroup

lint: .venv/.tools ## check the style
	$(BIN)/ruff check

types: .venv/.tools ## check the types
	$(BIN)/mypy .

check: lint types test ## all of the above

docs: .venv/.tools ## write the reference pages of docs/ anew
	$(BIN)/python -m docs.make

lab: ## prepare the real Asterisks of the live tests (Debian only)
	tests/lab/prepare.sh 22
	tests/lab/prepare.sh 16

bench: .venv/.tools ## measure the pipeline
	$(BIN)/python -m bench.pipeline

wheel: .venv/.tools ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## remove what was made here, but not the prepared Asterisk
	rm -rf .venv build dist demo-clinic .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made anew when the dependencies change. The demo needs less than the tests, and starts the sooner for it.
.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Callward needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'This Python cannot make virtual environments; install its venv module (Debian: apt install python3-venv).' >&2; exit 1; }
	@echo 'Installing into .venv ...'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.tools: .venv/.installed
	@echo 'Installing what the tests need into .venv ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
