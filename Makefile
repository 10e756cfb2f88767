# Each target does all the set-up that it needs: a fresh clone has nothing but make, bash and some Python.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
READY := .venv/.ready
PEERS := .peers/.ready

.PHONY: help setup drill test proofs lint bench interruptions failovers simulations lock clean

help: ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | sort | while IFS=$$'\t' read -r name says; do printf '  make %-14s %s\n' "$$name" "$$says"; done

setup: $(READY) ## install everything into .venv
$(READY): tools/setup.sh requirements/lock.txt requirements/uv.txt pyproject.toml
	@bash tools/setup.sh

drill: setup ## start the lab, lose the primary region, recover, prove RTO and RPO
	@$(BIN)/blackstart run region-loss

test: setup ## the test suite, with real servers and real clients
	@$(BIN)/pytest tests --ignore=tests/packaging -m "not proof" -n 2 --dist loadfile

proofs: setup $(PEERS) ## game days, drills that fail as they should, and a lab struck in the middle of every move
	@$(BIN)/pytest tests -m proof -n 2 --dist loadfile

lint: setup ## style, types, layers, and what is in the built package
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy -p blackstart
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -q tests/packaging

$(PEERS): tools/peers.sh requirements/peers.txt | $(READY)
	@bash tools/peers.sh

bench: setup $(PEERS) ## measure, and write docs/benchmarks.md from the measurements (python -m benchmarks PART: one part)
	@$(BIN)/python -m benchmarks

interruptions: setup ## stop a drill in every phase, and write docs/interruptions.md
	@$(BIN)/python -m benchmarks.interruptions

failovers: setup ## fail over again and again under load, and write docs/failovers.md
	@$(BIN)/python -m benchmarks.failovers

simulations: setup ## draw 10,000 cases of each simulation of the judge, and write docs/simulations.md
	@$(BIN)/python -m benchmarks.simulations

lock: setup ## resolve the dependencies again, with hashes and without any host's name
	@source tools/uv.sh && uv_path && "$$UV" pip compile --quiet --upgrade --universal --python-version 3.12 \
	  --extra lab --extra dev --extra pytest --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  pyproject.toml -o requirements/lock.txt
	@source tools/uv.sh && uv_path && "$$UV" pip compile --quiet --upgrade --universal --python-version 3.12 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate requirements/peers.in -o requirements/peers.txt

clean: ## remove what was installed and built (runs in reports/ stay)
	@find src actions probes experiments suites tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
	@rm -rf .venv .peers .uv build dist *.egg-info src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
