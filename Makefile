# essaim: every job a contributor or a newcomer does. `make help` lists them.
export UV_PYTHON_DOWNLOADS = never
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PY := .venv/bin/python

.PHONY: help run test check bench e2e realdata
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.run: uv.lock pyproject.toml | $(UV)
	$(UV) sync --frozen --no-dev --inexact
	@touch $@

.venv/.dev: uv.lock pyproject.toml | $(UV)
	$(UV) sync --frozen --inexact
	@touch .venv/.run $@

run: .venv/.run  ## set up, load the demonstration and serve it at http://127.0.0.1:8000
	.venv/bin/essaim demo

test: .venv/.dev  ## the whole test suite (DATABASE_URL chooses PostgreSQL; SQLite otherwise)
	.venv/bin/pytest -n 2

check: .venv/.dev  ## style, types, import contracts
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy
