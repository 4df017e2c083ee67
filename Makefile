# make run   set up and run the main job on the embedded data
# make test  set up and run the tests (SLOW=0 leaves the slow ones out)
# make study DEVELOPMENT=FOLDER  what results/study lacks; some thirty hours of one core from nothing
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SLOW ?= 1
STAMP := $(VENV)/.installed

# One thread a process: more were measured to be many times slower on busy cores.
export OMP_NUM_THREADS = 1

STUDY := results/study
FINALISTS := multiquadric,multiquadric and P every 20 epochs,base,PCA-50

.PHONY: run test lint study clean

run: $(STAMP)
	$(BIN)/scinfovae-bench run

test: $(STAMP)
	$(BIN)/python -m pytest $(if $(filter 0,$(SLOW)),-m "not slow")

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

study: $(STAMP)
	@test -d "$(DEVELOPMENT)" || { echo "say where the development sets lie: make study DEVELOPMENT=FOLDER"; exit 2; }
	$(BIN)/python scripts/study_schedule.py "$(DEVELOPMENT)" --out $(STUDY)
	$(BIN)/python scripts/study_schedule.py "$(DEVELOPMENT)" --out $(STUDY) --seeds 3 --settings "$(FINALISTS)"
	$(BIN)/python scripts/study_schedule.py "$(DEVELOPMENT)" --out $(STUDY) --complete --seeds 3
	$(BIN)/python scripts/study_consensus.py "$(DEVELOPMENT)" --out $(STUDY) --work build/study
	$(BIN)/python scripts/study_ensemble.py "$(DEVELOPMENT)" --out $(STUDY) --work build/study
	$(BIN)/python scripts/study.py "$(DEVELOPMENT)" --out $(STUDY) --rung screen
	$(BIN)/python scripts/study.py "$(DEVELOPMENT)" --out $(STUDY) --rung final
	$(BIN)/python scripts/study_figure.py $(STUDY)

# torch first and pinned: a resolver left to itself may take a build of several gigabytes
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $$(grep '^torch==' constraints.txt)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
