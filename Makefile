# Vera's commands. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
SERVICE := .venv/bin/python
BOT := bot/.venv/bin/python
TYPED := privacy actions web command demo bench
FILE ?= in.jsonl
ARGS ?=
# Files of tests are shared out among so many processes; ARGS="-n0" runs them one by one and shows what they print.
WORKERS ?= 2

# pyenv and other version managers must not decide which Python runs what: the setup does.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.PHONY: help setup environments run test test-parts test-conversations test-journeys test-bot test-kills test-failures crash-matrix check format bench nlu-eval train docs pictures lock clean

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install both Python environments and train the model, where needed
	@$(PYTHON) -m tools.bootstrap

environments:
	@$(PYTHON) -m tools.bootstrap --environments

run: setup ## Start the whole of Vera on this machine (Ctrl-C stops it)
	@exec $(SERVICE) -m command run $(ARGS)

test: setup ## Run all tests (ARGS="-k code" narrows them)
	@$(PYTHON) -m tools.browser
	@$(PYTHON) -m tools.side_by_side test-parts test-bot
	@$(PYTHON) -m tools.side_by_side test-conversations test-journeys test-kills test-failures

# Exit status 5 of pytest: none of its tests fits ARGS.
test-parts:
	@echo "== the parts"
	@$(SERVICE) -m pytest tests $(addprefix --ignore=tests/,bot conversations journeys resilience) \
		-n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS) || [ $$? -eq 5 ]

# What looks at the clock: one by one, and four kinds of it beside each other, since it mostly waits.
KILLS := $(addprefix tests/resilience/test_,kills.py restore.py parallel.py)
test-conversations:
	@echo "== whole conversations"
	@$(SERVICE) -m pytest tests/conversations $(ARGS) || [ $$? -eq 5 ]

test-journeys:
	@echo "== stories in the browser"
	@$(SERVICE) -m pytest tests/journeys $(ARGS) || [ $$? -eq 5 ]

test-bot:
	@echo "== bot/, in Rasa's environment"
	@$(BOT) -m pytest tests/bot --confcutdir=tests/bot $(ARGS) || [ $$? -eq 5 ]

test-kills:
	@echo "== kills and restores"
	@$(SERVICE) -m pytest $(KILLS) $(ARGS) || [ $$? -eq 5 ]

test-failures:
	@echo "== what else breaks things"
	@$(SERVICE) -m pytest tests/resilience $(addprefix --ignore=,$(KILLS)) $(ARGS) || [ $$? -eq 5 ]

crash-matrix: setup ## Kill Vera at every crash point of every right (slow; ARGS="--only delete")
	@$(SERVICE) -m tests.resilience.crash $(ARGS)

check: environments ## Style, types, architecture, Rasa's own validation
	@echo "== ruff"
	@$(SERVICE) -m ruff check .
	@$(SERVICE) -m ruff format --check .
	@echo "== mypy --strict"
	@$(SERVICE) -m mypy --strict $(TYPED)
	@$(SERVICE) -m mypy --strict --python-version 3.10 tools
	@echo "== who may import whom"
	@.venv/bin/lint-imports
	@echo "== rasa data validate"
	@$(PYTHON) -m tools.bootstrap --validate

format: environments ## Put the code into its usual shape
	@$(SERVICE) -m ruff check --fix .
	@$(SERVICE) -m ruff format .

bench: setup ## Measure turns, memory, start-up and training (OUT=bench.json)
	@$(SERVICE) -m bench --out $(or $(OUT),bench.json) $(ARGS)

nlu-eval: setup ## Read the texts of FILE=in.jsonl with the real NLU into OUT=out.jsonl
	@$(SERVICE) -m command nlu-eval $(ARGS) "$(FILE)" "$(or $(OUT),out.jsonl)"

train: ## Train the model where its inputs changed
	@$(PYTHON) -m tools.bootstrap

docs: environments ## Write the generated parts of docs/
	@$(SERVICE) -m command settings-table

pictures: setup ## Make the README's pictures from the running product
	@$(SERVICE) -m docs.pictures.make_pictures

lock: ## Resolve the locks from their .in files (ARGS=all or package names: upgrade these)
	@$(PYTHON) -m tools.locks $(ARGS)

clean: ## Remove environments, models and caches (the data folder var/ stays)
	@rm -rf .venv bot/.venv .tools models .rasa .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
