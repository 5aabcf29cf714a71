# One command for each thing, the same at home and in CI.

BIN := .venv/bin
ARGS ?=

.PHONY: help setup setup-dev demo test check bench soak lock clean

help: ## Show what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## Make .venv with what mandata needs.
	@scripts/bootstrap

setup-dev: ## Make .venv with what working on mandata needs, and the programs that its tests drive.
	@scripts/bootstrap dev
	@scripts/packages chromium gettext openssl postfix softhsm2 age opendkim pebble libsisimai-perl libjson-perl haproxy

demo: setup ## Set everything up, run the main job on the example data, leave the console open.
	@$(BIN)/mandata demo $(ARGS)

test: setup-dev ## Set everything up and run the tests. One area: make test ARGS=tests/record
	@scripts/tests all -n 2 --dist loadscope -m 'not soak' $(ARGS)

check: setup-dev ## Lint, format, types, layers, templates.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src tests benchmarks examples
	$(BIN)/lint-imports
	$(BIN)/djlint src --lint --quiet

bench: setup-dev ## Measure; JSON lines. In short, as CI does: make bench ARGS=--short
	@$(BIN)/python -m benchmarks $(ARGS)

soak: setup-dev ## The long form: a million rows, a thousand kills.
	@$(BIN)/pytest -m soak --timeout 0 $(ARGS)

lock: setup-dev ## Renew the lock files from the .in files.
	$(BIN)/python -m pip install --quiet uv
	for name in requirements requirements-dev scripts/requirements-bootstrap; do \
	  $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 \
	    --custom-compile-command 'make lock' $$name.in -o $$name.txt || exit 1; done

clean: ## Remove .venv and caches. Data in var/ stay.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist src/*.egg-info
