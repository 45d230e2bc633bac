# Two commands matter: `make run` serves the dashboard, `make test` checks everything.
# All paths are relative, so the project folder may have spaces in its name.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test programs quick thorough coverage lint format lock sample bench docs

# Containers often turn bytecode off, and then each process compiles every module again.
unexport PYTHONDONTWRITEBYTECODE

python := .venv/bin/python
# Python compiles a module when it is first imported. For pip, compiling them all takes longer than installing them.
pip := $(python) -m pip install --quiet --disable-pip-version-check --no-compile
# With LOCKED=1, pip installs from the .lock files and checks their hashes.
pinned = $(if $(LOCKED),--require-hashes -r $(1).lock,-r $(1).txt)

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/runtime ## serve the dashboard; create sample data first if there is no database
	@exec $(python) -m mailsight run --sample

test: .venv/tools ## check format, lint, types and imports, then run all tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync lint programs
	@echo "== tests"
	@$(python) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# A target of its own, so that `test` can run it beside lint: checking the types takes about as long.
programs: .venv/tools
	@echo "== a browser"
	@$(python) -m tooling.chromium
	@echo "== databases"
	@$(python) -m tooling.postgresql
	@$(python) -m tooling.mariadb
	@echo "== proxies"
	@$(python) -m tooling.debian nginx caddy

quick: lint ## lint, then run the tests that are fast and need no browser
	@$(python) -m pytest --numprocesses auto --dist loadfile -m "not browser and not slow"

thorough: .venv/tools ## random tests with ten times as many examples and kills, and further cases (an hour)
	@MAILSIGHT_KILLS=30 $(python) -m pytest --numprocesses auto -m "hypothesis or slow or thorough" --hypothesis-profile thorough

coverage: .venv/tools ## run the fast tests and report which lines none of them runs
	@$(python) -m pytest --numprocesses auto --dist loadfile -m "not browser and not slow" --cov --cov-report=term:skip-covered

lint: .venv/tools ## check format, lint, types and imports
	@echo "== format"
	@$(python) -m ruff format --check .
	@echo "== lint"
	@$(python) -m ruff check .
	@echo "== types"
	@$(python) -m mypy
	@echo "== imports"
	@$(python) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo

format: .venv/tools ## format the code and fix what the linter can fix
	@$(python) -m ruff format .
	@$(python) -m ruff check --fix .

bench: .venv/tools ## run all benchmarks of docs/performance.md (an hour; longer the first time)
	@$(python) -m tooling.chromium > /dev/null
	@$(python) -m benchmarks

lock: .venv/tools ## update requirements.lock and requirements-dev.lock from the .txt files
	@$(pip) uv
	@for name in requirements requirements-dev; do \
	  $(python) -m uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock" --output-file $$name.lock $$name.txt || exit 1; \
	done

sample: .venv/runtime ## create the sample data
	@$(python) -m mailsight sample

docs: .venv/tools ## update the screenshots and notebook results in the docs
	@rm -rf .venv/docs
	@MAILSIGHT_DATABASE=.venv/docs/mailsight.duckdb $(python) -m mailsight sample
	@MAILSIGHT_DATABASE=.venv/docs/mailsight.duckdb $(python) -m pytest --keep tests/test_pictures.py tests/test_notebook.py

# Each target is a stamp file: pip runs only if the requirements are newer than the stamp.
.venv/runtime: requirements.txt
	@.ci/venv
	@echo "Installing the pinned requirements (this takes a minute or two the first time)"
	@$(pip) $(call pinned,requirements)
	@touch $@

.venv/tools: requirements-dev.txt requirements.txt
	@.ci/venv
	@echo "Installing the pinned requirements for tests and tools (this takes a minute or two the first time)"
	@$(pip) $(call pinned,requirements-dev)
	@touch $@
