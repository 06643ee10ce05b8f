# Essaim: every job of a newcomer or a contributor. `make help` lists them.
export UV_PYTHON_DOWNLOADS = never
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
DATA ?= ../shared/data
PORT ?= 8000
FILES ?=

.PHONY: help run test check realdata spark kernels bench e2e translations clean
help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.tools/bin/uv:
	@echo "First time: uv, then the packages of uv.lock (about 165 MB), into .tools and .venv…"
	@python3 scripts/get_uv.py

.venv/.run: uv.lock pyproject.toml | $(UV)
	@$(UV) sync --frozen --inexact --quiet
	@touch $@

.venv/.dev: uv.lock pyproject.toml | $(UV)
	@$(UV) sync --frozen --group dev --inexact --quiet
	@touch .venv/.run $@

run: .venv/.run  ## set up, load the demonstration, serve it at http://127.0.0.1:8000; FILES=folder of official files
	@.venv/bin/essaim demo --port $(PORT) $(if $(FILES),--data $(FILES))

test: .venv/.dev  ## the whole suite; DATABASE_URL chooses PostgreSQL, SQLite otherwise
	@.venv/bin/pytest -n 2 -m 'not realdata and not spark'

e2e: .venv/.dev  ## the browser tests alone
	@.venv/bin/pytest -n 2 -m browser

realdata: .venv/.dev  ## check the official files of DATA (default ../shared/data)
	@ESSAIM_REALDATA=$(abspath $(DATA)) .venv/bin/pytest -m realdata

spark: .venv/.dev  ## the push-down on a Spark of its own (Java 17, 430 MB of packages)
	@$(UV) sync --frozen --group dev --extra spark --inexact --quiet
	@.venv/bin/pytest -n 0 -m spark tests/evaluation/test_pushdown.py

kernels: .venv/.dev  ## the tests of the kernels, compiled by numba (60 MB of packages)
	@$(UV) sync --frozen --group dev --extra fast --inexact --quiet
	@.venv/bin/pytest -n 2 tests/evaluation/test_pushdown.py tests/territory/test_access.py -m 'not spark'

check: .venv/.dev  ## style, types, import contracts, migrations, translations, templates
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports
	@.venv/bin/mypy
	@DJANGO_SETTINGS_MODULE=essaim.platform.settings.test .venv/bin/essaim manage makemigrations --check --dry-run
	@.venv/bin/python scripts/translations.py check
	@.venv/bin/djlint src --lint --quiet

bench: .venv/.dev  ## measure the core against its peers (results in docs/methods)
	@$(UV) sync --frozen --group peers --extra fast --inexact --quiet
	@for script in $$(grep -l __main__ bench/*.py); do \
		echo "== $$script"; .venv/bin/python -m bench.$$(basename $$script .py) || exit 1; done

translations: .venv/.dev  ## bring the English catalogue up to date with the French texts
	@.venv/bin/python scripts/translations.py update

clean:  ## forget the environment and the data of this checkout
	rm -rf .venv .tools var
