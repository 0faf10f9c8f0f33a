# Two commands do all the set-up: `make run` (the main job) and `make test`.
SHELL := /bin/bash
PYTHON ?= $(firstword $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p; done))
COUNTY ?= paijat-hame
BIN := .venv/bin
UV := .bootstrap/bin/uv
# The environment of the tests holds all that a run needs: it is not taken down for one.
ENVIRONMENT := $(if $(wildcard .venv/dev.stamp),.venv/dev.stamp,.venv/run.stamp)
# Numerical libraries spin their threads against each other on small machines: one each, set before numpy loads.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export DO_NOT_TRACK := 1
# Compiled modules are kept in the environment: without them every start compiles the libraries anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test serve check lock clean
.DEFAULT_GOAL := run

# A run frees and takes large blocks all the time: the allocators keep them instead of asking the system anew.
run: export MALLOC_TRIM_THRESHOLD_ := 536870912
run: export MALLOC_MMAP_THRESHOLD_ := 536870912
run: export MALLOC_TOP_PAD_ := 67108864
run: export _RJEM_MALLOC_CONF := dirty_decay_ms:15000,muzzy_decay_ms:15000
run: $(ENVIRONMENT)  ## the main job on the synthetic county
	$(BIN)/palvelutarve run --county $(COUNTY)

test: .venv/dev.stamp  ## every test
	$(BIN)/python -m pytest -n 2 --dist loadscope tests

serve: $(ENVIRONMENT)  ## the Dagster and MLflow pages on loopback
	$(BIN)/palvelutarve serve

check: .venv/dev.stamp  ## format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadscope tests

lock: $(UV)  ## renew the locks: name, version and hash, no addresses
	@for f in bootstrap run dev peers; do $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header requirements/$$f.in -o requirements/$$f.lock || exit 1; done

clean:  ## the environments; the data folder stays
	rm -rf .venv .bootstrap

$(UV): requirements/bootstrap.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on the PATH." >&2; exit 2; }
	@echo "Making the environment with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .bootstrap || { echo "The venv module is missing: install your system's python3-venv package." >&2; exit 2; }
	@.bootstrap/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

.venv/made: $(UV)
	@$(UV) venv -q --clear --python .bootstrap/bin/python .venv && touch $@

.venv/%.stamp: requirements/%.lock pyproject.toml .venv/made
	@$(UV) pip sync -q --python .venv/bin/python --require-hashes $<
	@$(UV) pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
	@rm -f .venv/*.stamp && touch $@
