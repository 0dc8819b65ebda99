# The two commands: `make demo` and `make test`. Both set up what they need; what is there stays.
PYTHON ?= python3
VENV := .venv/bin
DATA ?=
SETUP ?=# --all: also what only makes tests faster or more, such as Chromium
WORKERS ?= 3# of the tests: many wait for a board, so more than there are cores
MODELS ?= $(wildcard ../shared/models)# the reference models, where they lie beside the repository

# PlatformIO reports its use home unless told otherwise; Thimble keeps everything local.
export PLATFORMIO_SETTING_ENABLE_TELEMETRY := no

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/  make \1 \t/p' $(MAKEFILE_LIST)

setup:  ## install what is missing: cross compiler, QEMU, Python packages, PlatformIO
	@$(PYTHON) tools/setup.py $(SETUP)

demo: setup  ## train, compile, flash the virtual board and watch it recognise gestures (DATA=folder for your own)
	@$(VENV)/python tools/demo.py $(if $(DATA),--data $(DATA))

test: setup  ## all tests, in three tiers: docs/tests.md
	@$(VENV)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests

bench: setup  ## the five MLPerf Tiny models against TFLM with CMSIS-NN; writes docs/benchmarks.md (MODELS=folder)
	@$(VENV)/python tools/studies/bench.py $(if $(MODELS),--models $(MODELS))

lint: setup  ## style of Python and C, types of Python
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/pyright --warnings
	@git ls-files '*.[ch]' '*.cpp' | grep -v '^lib/[a-z_]*_model/' | xargs $(VENV)/clang-format --dry-run -Werror

clean:  ## stop the emulators, remove what was built; keeps .venv
	@if [ -x $(VENV)/python ]; then $(VENV)/python tools/emulator.py stop --all; fi
	@rm -rf build .pio .cache
