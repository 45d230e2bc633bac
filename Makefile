# Two commands matter: `make run` serves the dashboard, `make test` checks everything.
# Paths are relative, so that the project may lie in a folder with spaces in its name.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test quick thorough lint format lock sample bench docs

python := .venv/bin/python
pip := $(python) -m pip install --quiet --disable-pip-version-check
# LOCKED=1 installs what the locks name, by hash.
pinned = $(if $(LOCKED),--require-hashes -r $(1).lock,-r $(1).txt)

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/runtime ## serve the dashboard, on sample data when there is no database
	@exec $(python) -m mailsight run --sample

test: lint ## format, lint, types, imports, then all tests
	@echo "== a browser"
	@$(python) -m tooling.chromium
	@echo "== tests"
	@$(python) -m pytest --numprocesses auto --dist loadfile --cov --cov-report=

quick: lint ## lint, then all tests but those that take long or need a browser
	@$(python) -m pytest --numprocesses auto --dist loadfile -m "not browser and not slow"

thorough: .venv/tools ## long random testing: ten times as many examples and kills (half an hour)
	@MAILSIGHT_KILLS=30 $(python) -m pytest --numprocesses auto -m "hypothesis or slow" --hypothesis-profile thorough

lint: .venv/tools ## format, lint, types, imports
	@echo "== format"
	@$(python) -m ruff format --check .
	@echo "== lint"
	@$(python) -m ruff check .
	@echo "== types"
	@$(python) -m mypy
	@echo "== imports"
	@$(python) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo

format: .venv/tools ## format the code and mend what lint can mend
	@$(python) -m ruff format .
	@$(python) -m ruff check --fix .

bench: .venv/tools ## measure everything, as docs/performance.md shows it (an hour; the first time, with its databases, more)
	@$(python) -m tooling.chromium > /dev/null
	@$(python) -m benchmarks

lock: .venv/tools ## renew requirements.lock and requirements-dev.lock from the .txt files
	@$(pip) uv
	@for name in requirements requirements-dev; do \
	  $(python) -m uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock" --output-file $$name.lock $$name.txt || exit 1; \
	done

sample: .venv/runtime ## make the sample data
	@$(python) -m mailsight sample

docs: .venv/tools ## renew the pictures and results that the docs show
	@rm -rf .venv/docs
	@MAILSIGHT_DATABASE=.venv/docs/mailsight.duckdb $(python) -m mailsight sample
	@MAILSIGHT_DATABASE=.venv/docs/mailsight.duckdb $(python) -m pytest --keep tests/test_pictures.py tests/test_notebook.py

# A stamp is older than its requirements when these have changed: only then pip has something to do.
.venv/runtime: requirements.txt
	@.ci/venv
	@echo "Installing the pinned requirements (a minute or two the first time)"
	@$(pip) $(call pinned,requirements)
	@touch $@

.venv/tools: requirements-dev.txt requirements.txt
	@.ci/venv
	@echo "Installing the pinned requirements of tests and tools (a minute or two the first time)"
	@$(pip) $(call pinned,requirements-dev)
	@touch $@
