# What there is to do here; Python 3.11 and make are enough. `make` alone prints this list.
# Variables: PYTHON=/path/to/python3.11   SERVE=0 (demo: stop after printing)   ARGS="…" (passed on)

PYTHON ?=
SERVE ?= 1
ARGS ?=
export PYTHON
RUN = .venv/bin/python

.PHONY: help demo test bench drill format clean
.SILENT:

help: ## this list
	sed -n 's/^\([a-z]*\): ## \(.*\)/make \1	\2/p' Makefile

demo: ## load the demo chain, settle its last month, print the payout, serve it with a simulated WeChat
	sh tools/venv.sh requirements.txt
	sh tools/assets.sh
	$(RUN) manage.py demo
	if [ "$(SERVE)" != 0 ]; then exec $(RUN) manage.py serve --simulator; fi

test: ## every check and every test, on PostgreSQL and on SQLite
	sh tools/venv.sh requirements-dev.txt
	sh tools/assets.sh dev
	$(RUN) -m tests.run $(ARGS)

bench: ## the figures of docs/performance.md, measured on this machine
	sh tools/venv.sh requirements-dev.txt
	$(RUN) -m benchmarks.run $(ARGS)

drill: ## the properties with twenty times as many examples, the slow tests and those of the benches
	sh tools/venv.sh requirements-dev.txt
	DRILL=1 $(RUN) -m pytest -m "slow or drill or hypothesis" --durations=20 $(ARGS)

format: ## let ruff write the code as `make test` wants it
	sh tools/venv.sh requirements-dev.txt
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

clean: ## remove .venv, node_modules and caches; var/ (the data) stays
	rm -rf .venv node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
