# Prints its targets: make
.DEFAULT_GOAL := help
PY := .venv/bin/python
ROOTS := integrity catalog ingest player scripts
MEDIA ?=
ONCE ?=
KILLS ?= all
RANDOM_KILLS ?= 300
CUTS ?= 50
FUZZ_S ?= 600
ABANDONED ?= 10000
OUTAGE_S ?= 180
RSS_BYTES ?= 1073741824
SEED ?= 20260302

.PHONY: abandoned outages rss help demo test kills kills-disposal kills-store kills-token random-kills power-cuts zoo fuzz check lint setup setup-test lock clean

help: ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## everything `tiezheng` needs to run (Debian packages, .venv, browser assets)
	@scripts/setup.sh run

setup-test: ## the same, and what the tests need (Chromium, PostgreSQL)
	@scripts/setup.sh test

demo: setup ## one recording's whole life, on this machine: make demo [MEDIA=folder] [ONCE=1]
	@.venv/bin/tiezheng demo $(if $(MEDIA),--media "$(MEDIA)") $(if $(ONCE),--once)

test: setup-test lint ## everything: style, types, layers, and every test
	@$(PY) -m pytest

kills: setup-test ## kill -9 at every durable call of the intake (long): make kills [KILLS=all] [SEED=n]
	@TIEZHENG_TEST_KILLS=$(KILLS) TIEZHENG_TEST_SEED=$(SEED) $(PY) -m pytest -n 2 -rA tests/faults/test_kills.py

kills-disposal: setup-test ## the same of an order of disposal carried out (long): make kills-disposal [KILLS=all] [SEED=n]
	@TIEZHENG_TEST_KILLS=$(KILLS) TIEZHENG_TEST_SEED=$(SEED) $(PY) -m pytest -n 0 -rA tests/faults/test_disposal_kills.py

random-kills: setup-test ## kill -9 at random moments while a station docks (long): make random-kills [RANDOM_KILLS=300] [SEED=n]
	@TIEZHENG_TEST_RANDOM_KILLS=$(RANDOM_KILLS) TIEZHENG_TEST_SEED=$(SEED) $(PY) -m pytest -n 0 -s tests/faults/test_random_kills.py

kills-store: setup-test ## the same of the service over an S3 store (long): make kills-store [KILLS=all] [SEED=n]
	@TIEZHENG_TEST_KILLS=$(KILLS) TIEZHENG_TEST_SEED=$(SEED) $(PY) -m pytest -n 0 -rA tests/faults/test_store_kills.py

kills-token: setup-test ## the same of a station's client while it changes its token (long): make kills-token [KILLS=all] [SEED=n]
	@TIEZHENG_TEST_KILLS=$(KILLS) TIEZHENG_TEST_SEED=$(SEED) $(PY) -m pytest -n 0 -rA tests/faults/test_token_kills.py

abandoned: setup-test ## 10,000 uploads to the real service that nobody finishes, swept: make abandoned [ABANDONED=n]
	@TIEZHENG_TEST_ABANDONED=$(ABANDONED) $(PY) -m pytest -n 0 tests/faults/test_abandoned.py

outages: setup-test ## the authority, the database and the store away for minutes (long): make outages [OUTAGE_S=180]
	@TIEZHENG_TEST_OUTAGE_S=$(OUTAGE_S) $(PY) -m pytest -n 0 -s tests/faults/test_authority_away.py tests/faults/test_database_away.py tests/faults/test_store_away.py

rss: setup ## memory of the service while 32 files are uploaded, 300 MB at most: make rss [RSS_BYTES=n]
	@.venv/bin/tiezheng bench upload --only tiezheng --runs 1 --parallel 32 --bytes $(RSS_BYTES) --rss-limit 300

power-cuts: setup-test ## cut the power of the real service (as root): make power-cuts [CUTS=50] [SEED=n]
	@TIEZHENG_TEST_CUTS=$(CUTS) TIEZHENG_TEST_SEED=$(SEED) $(PY) -m pytest -n 0 -s tests/faults/test_service_power_cuts.py

check: setup lint ## style, types, layers (fast)

lint:
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

fuzz: setup-test ## every parser under fire: make fuzz [FUZZ_S=600] [SEED=n], SEED as a run before printed it
	@$(PY) -m tests.fuzz --seconds $(FUZZ_S) $(if $(filter command line,$(origin SEED)),--seed $(SEED))

zoo: setup-test ## make the zoo of broken evidence anew (after a format grew): then read what changed
	@$(PY) -m tests.integrity.zoo.make

lock: ## resolve requirements.lock anew (needs uv; hashes, no addresses)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -o requirements.lock pyproject.toml

clean: ## remove what set-up and demo made
	@-chattr -R -i demo-data 2>/dev/null
	rm -rf .venv node_modules player/static/vendor demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
