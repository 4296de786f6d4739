# tocsin: the two commands are `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLUSTER := .venv-cluster
DATA ?= ../shared/data

# Where it is set, every process of the tests would compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-long test-cluster java bench bench-rumours bench-encoders bench-reading \
  bench-where-when bench-arvig bench-injection bench-console bench-cluster browser models lint lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/run.stamp ## install and run the reconstruction; works without a network afterwards
	$(BIN)/tocsin demo

# What measures on real data, kills, or plays whole desks through the commands runs the same code over
# and over and covers nothing new: without coverage it is a third quicker. In both halves what takes
# longest begins first (tests/longest_first.py) and does not leave one core idle at the end.
WHOLE := tests/gates tests/reading_data tests/backtest/test_backtest_streams.py \
  tests/backtest/test_backtest_determinism.py tests/backtest/test_backtest_hindsight.py \
  tests/engines/test_engines_real.py tests/engines/test_engines_kill.py \
  tests/engines/test_engines_kill_life.py tests/engines/test_engines_away.py \
  tests/engines/test_engines_backup_load.py tests/cli tests/demo tests/house \
  tests/desk/test_desk_commands.py tests/desk/test_desk_release_commands.py \
  tests/delivery/test_delivery_kill.py tests/sources/test_sources_memory.py \
  tests/console/test_console_looks.py tests/console/test_console_browser.py

test: $(VENV)/test.stamp browser lint ## everything that must pass, under 15 minutes on 2 cores
	TOCSIN_DATA=$(DATA) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	  -m "not long" $(WHOLE)
	TOCSIN_DATA=$(DATA) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	  -m "not long" --cov --cov-report=term:skip-covered tests $(WHOLE:%=--ignore=%)
	$(BIN)/python tests/coverage_floors.py

# Debian's browser drives the console's pages; where it is missing and cannot be had, those tests
# skip and say so.
browser:
	@command -v chromium >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  apt-get install -y -qq chromium >/dev/null 2>&1 || true

test-long: $(VENV)/test.stamp ## the long kill, load and fuzz runs
	TOCSIN_DATA=$(DATA) $(BIN)/python -m pytest -m long tests

test-cluster: $(CLUSTER)/test.stamp java ## the same posts through Flink: equal, also after a kill
	TOCSIN_DATA=$(DATA) $(CLUSTER)/bin/python -m pytest tests/cluster

java:
	@command -v java >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  { apt-get update -qq; apt-get install -y -qq openjdk-17-jre-headless; } >/dev/null 2>&1 || true
	@command -v java >/dev/null || { echo "Flink needs Java 17: install a JRE, e.g. apt-get install openjdk-17-jre-headless"; exit 1; }

bench: $(VENV)/test.stamp ## measure on the real data; writes benchmarks/results/
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/run.py

bench-rumours: $(VENV)/test.stamp ## measure rumours on the public streams and the whole archive
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/rumours.py

bench-encoders: $(VENV)/test.stamp ## what faster sentence vectors cost and are worth
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/encoders.py

bench-reading: $(VENV)/test.stamp ## what one post says, measured on our own test posts and public suites
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/reading.py

bench-where-when: $(VENV)/test.stamp ## where and when a post speaks of, on our own and on other people's labels
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/where_when.py dev test
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/geoparsing.py

bench-arvig: $(VENV)/test.stamp ## what past events say about the next ones, on attacks in Germany
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/arvig.py

bench-injection: $(VENV)/test.stamp ## openly synthetic episodes put into real posts: recall, lead, wrong alerts
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/inject.py --half dev --no-background --keep build/injection
	TOCSIN_DATA=$(DATA) $(BIN)/python benchmarks/inject.py --half test --seed 2 --record --learn-from build/injection

bench-console: $(VENV)/test.stamp ## 20 people at once at the console of PROJECT=DIR, while a run writes
	$(BIN)/python benchmarks/console.py $(PROJECT)

bench-cluster: $(CLUSTER)/test.stamp java ## a job of Flink against a run in one process
	TOCSIN_DATA=$(DATA) $(CLUSTER)/bin/python benchmarks/cluster.py

models: export TOCSIN_LABELS = $(LABELS)
models: $(VENV)/models.stamp ## train everything anew (an hour; LABELS=FILE: and on a desk's own labels)
	$(BIN)/python models/make_ordinary_words.py
	TOCSIN_DATA=$(DATA) $(BIN)/python models/make_commonness.py
	TOCSIN_DATA=$(DATA) $(BIN)/python models/train_reading_screen.py
	TOCSIN_DATA=$(DATA) $(BIN)/python models/train_reading_judge.py
	TOCSIN_DATA=$(DATA) $(BIN)/python models/train_places.py
	TOCSIN_DATA=$(DATA) $(BIN)/python models/make_time_confidence.py
	TOCSIN_DATA=$(DATA) $(BIN)/python models/train_vector_map.py

lint: $(VENV)/test.stamp ## style, types, layers
	$(BIN)/ruff check src tests benchmarks models web setup.py
	$(BIN)/ruff format --check src tests benchmarks models web setup.py
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: ## write the requirement locks anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  --extra test pyproject.toml requirements/build.in -c requirements/run.txt -o requirements/test.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  --extra postgres pyproject.toml requirements/build.in -c requirements/test.txt \
	  $$(grep -oE '^[a-zA-Z0-9._-]+' requirements/run.txt | sed 's/^/--no-emit-package /') -o requirements/postgres.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  --extra flink pyproject.toml requirements/build.in -o requirements/flink.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  --extra test-cluster pyproject.toml requirements/build.in -c requirements/flink.txt -o requirements/test-cluster.txt

clean: ## remove the environments and caches
	rm -rf $(VENV) $(CLUSTER) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build \
	  .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/run.stamp: requirements/run.txt pyproject.toml setup.py $(wildcard web/*.* web/src/*)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	touch $@

$(CLUSTER)/test.stamp: requirements/test-cluster.txt pyproject.toml setup.py
	test -x $(CLUSTER)/bin/python || $(PYTHON) -m venv $(CLUSTER)
	$(CLUSTER)/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/test-cluster.txt
	$(CLUSTER)/bin/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/models.stamp: $(VENV)/test.stamp # for training alone, and in no lock
	$(BIN)/python -m pip install --disable-pip-version-check -q torch==2.13.0 wordfreq==3.1.1
	touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/test.txt
	touch $@
