# The template's tasks. They need git, make and a Python from 3.11 to 3.13; everything else they fetch themselves.
.DEFAULT_GOAL := help
.PHONY: demo test test-all test-fast check format benchmark benchmark-serving lock docs help

VENV ?= .venv
BIN := $(abspath $(VENV))/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
WORKERS ?= 2
# The generated project's code is checked in every bake, where its names are filled in.
OWN_CODE := hooks scripts tests benchmarks local_extensions.py

demo: $(READY) ## From the template to a served prediction, in build/demo
	@$(BIN)/python scripts/demo.py

test: $(READY) ## Everything that half an hour has room for, the user's whole journey included
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadscope -m "not slow"

test-all: $(READY) ## Everything, with what is slow and a soak of ten minutes
	SOAK_SECONDS=600 $(BIN)/pytest --numprocesses $(WORKERS) --dist loadscope

test-fast: $(READY) ## What needs no baked environment: options, answers, docs
	$(BIN)/pytest --numprocesses $(WORKERS) -m "not journey"

check: $(READY) ## Lint and formatting of the template's own code, and docs that match it
	$(BIN)/ruff check $(OWN_CODE)
	$(BIN)/ruff format --check $(OWN_CODE)
	$(BIN)/python scripts/render_docs.py --check

format: $(READY) ## Mend what check can mend
	$(BIN)/ruff check --fix --quiet $(OWN_CODE) || true
	$(BIN)/ruff format $(OWN_CODE)
	$(BIN)/python scripts/render_docs.py

benchmark: $(READY) ## What notebooks cost, in one table
	@PATH="$(BIN):$$PATH" $(BIN)/python benchmarks/notebooks.py

benchmark-serving: $(READY) ## What serving costs beside other ways to serve the same model
	@PATH="$(BIN):$$PATH" $(BIN)/python benchmarks/serving.py

lock: $(READY) ## Resolve the newest allowed versions, here and in the generated project
	$(BIN)/python scripts/lock.py

docs: $(READY) ## Render what the docs quote from the template
	$(BIN)/python scripts/render_docs.py

help: ## List these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed, and none of them is on the PATH."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "$(PYTHON) can't make a virtual environment: install its venv package."; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $(READY)
