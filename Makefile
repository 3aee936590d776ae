# Plantly: two commands matter, `make run` and `make test`. `make` alone lists them all.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
# Versions are pinned for what is installed and for what builds it.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# `make test T=tests/unit/test_money.py` runs a part; without T everything runs, with coverage.
T ?=
# Names the first Python on this machine that is new enough and can make a virtual environment.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	"$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$p"; break; }; done)

WORKERS = $(shell $(BIN)/python -c 'import os; print(os.cpu_count() + 1)')

.PHONY: help run test gallery chaos check format bench widgets wheel lock clean system-packages

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## Open the demo shop on http://127.0.0.1:8000 (PLANTLY_PORT and friends are honored)
	@exec $(BIN)/plantly serve --prepare

test: $(VENV)/.dev system-packages ## Run every test, PostgreSQL and a real browser included (T=path for a part)
ifeq ($(T),)
	@rm -f .coverage .coverage.*
	@# Counting lines takes half as long again: tests/conftest.py says what runs without.
	@$(BIN)/pytest -n auto --dist loadfile -m 'not uncounted' --cov --cov-report= \
		tests/unit tests/integration
	@$(BIN)/coverage report --fail-under 100
	@# What takes longest comes first, so that the workers end together; one of them always waits for a page.
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m uncounted \
		tests/e2e tests/integration
else
	@$(BIN)/pytest $(T)
endif

gallery: $(VENV)/.dev system-packages ## Picture every widget in every state, theme, width, language and bridge: build/gallery/index.html
	@PLANTLY_GALLERY=build/gallery $(BIN)/pytest -n auto --dist loadfile tests/e2e/gallery

chaos: $(VENV)/.dev system-packages ## Race, kill and forge for three minutes (FULL=1 for everything; needs an hour)
	@$(BIN)/python -m tests.chaos $(if $(FULL),--full)

check: $(VENV)/.dev ## Lint, formatting, types, and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## Format the code and fix what can be fixed
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

bench: $(VENV)/.dev ## Measure the server against the official SDK's no-op tool, and catalogs of 100 and 100,000 products
	@$(BIN)/python -m tests.benchmarks

widgets: $(VENV)/.runtime ## Build the widgets from widgets-src
	@$(BIN)/plantly widgets build

wheel: $(VENV)/.dev ## Build the wheel into dist/
	@$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

lock: ## Choose the newest allowed versions again and write constraints.txt
	@rm -rf $(VENV)-lock && "$(PYTHON)" -m venv $(VENV)-lock
	@echo "Choosing versions (about half a minute) ..."
	@PIP_CONSTRAINT= PIP_BUILD_CONSTRAINT= $(VENV)-lock/bin/pip install --quiet -e '.[gr4vy,stripe,postgres,redis,dev]'
	@{ echo '# Every version that CI and `make` install. Made by `make lock`; never edited by hand.'; \
	  $(VENV)-lock/bin/pip freeze --exclude-editable | LC_ALL=C sort -f; } > constraints.txt
	@rm -rf $(VENV)-lock
	@git --no-pager diff --stat -- constraints.txt

clean: ## Remove what was built and installed; a shop's data in .plantly stays
	rm -rf $(VENV) $(VENV)-lock build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache backend/plantly/widgets/dist

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Plantly needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Making $(VENV) with $$("$(PYTHON)" --version) ..."
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Plantly into $(VENV) (once, about half a minute) ..."
	@$(BIN)/pip install --quiet -e '.[postgres]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Plantly and its development tools into $(VENV) (once, about a minute) ..."
	@$(BIN)/pip install --quiet -e '.[postgres,gr4vy,stripe,dev]'
	@touch $@ $(VENV)/.runtime

# Root on Debian gets what is missing; anybody else is told by the tests what to install. Chromium serves as well as its
# headless shell, and takes three times as long.
system-packages:
	@missing=""; \
	command -v chromium-headless-shell >/dev/null || missing="$$missing chromium-headless-shell"; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || missing="$$missing postgresql"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then \
	  echo "Installing Debian packages:$$missing (once, about a minute) ..."; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } \
	    || command -v chromium >/dev/null; \
	fi
