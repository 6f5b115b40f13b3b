# Everything a fresh machine needs: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV   ?= .venv
TORCH  ?= torch==2.13.0
BIN     = $(VENV)/bin

.PHONY: demo test check template parity benchmark clean

demo: $(VENV)/.installed
	rm -rf demo
	$(BIN)/mergec demo demo
	$(BIN)/mergec explain demo/recipe.merge
	$(BIN)/mergec build demo/recipe.merge demo/out
	$(BIN)/python -m tests.support.load_output demo/out

test: $(VENV)/.installed
	$(BIN)/python -m pytest -n auto -q

check: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@

# The template for plugins, installed beside mergec's wheel in an environment of its own. A part of `make test`.
template: $(VENV)/.installed
	$(BIN)/python -m pytest tests/house/test_template.py -q

parity: $(VENV)/.installed
	$(PYTHON) -m venv .parity
	.parity/bin/python -m pip install --quiet "$(TORCH)" mergekit==0.1.5
	MERGEC_MERGEKIT=.parity/bin/mergekit-yaml $(BIN)/python -m pytest tests/parity -q

benchmark: $(VENV)/.installed
	$(BIN)/python -m tests.benchmarks.build
	$(BIN)/python -m tests.benchmarks.costs
	$(BIN)/python -m tests.benchmarks.planning
	$(BIN)/python -m tests.benchmarks.explain

clean:
	rm -rf $(VENV) .parity demo dist build
