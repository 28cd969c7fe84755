# make demo   watch contacts travel from each API that can be read into all APIs
# make check  style, types and format
# make test   all tests, against the sandbox on 127.0.0.1
# make crash  kill the target at hundreds of points, over all APIs, also while it deletes or
#             carries out a plan, make and carry out plans of odd records, then
#             give it every hostile answer, of which `make test` tries a part; takes minutes
# make crowd  send hundreds of namesakes, families and changed numbers to all APIs; a minute
# make mutants  do small harms to the code and count how many a test notices; about an hour
# make pythons     the quick tests on each Python from 3.10 on that is found; minutes for each
# make loaders     load the outcomes of runs with target-jsonl and meltanolabs-target-postgres
# make prerelease  the tests of both plugins on the newest pre-release of the Singer SDK; may fail
# make airflow    a night under Airflow, on both of its executors; minutes. Needs PostgreSQL
#             (TEST_POSTGRES_URL) and redis-server for the second
# make dagster    a night under Dagster; a minute
# make bench  how fast it is, beside a stock tap and target, dlt and drt; under ten minutes on a
#             quiet machine. PART=0.01 tries it. make bench-all takes an hour

PYTHON ?= python3
PART ?= 1
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
MELTANO := .venv-meltano/installed
PLOT := .venv-plot/installed
LOADERS := .venv-loaders/installed
PEERS := .venv-peers/installed
MUTANTS := $(VENV)/mutants
AIRFLOW := .venv-airflow/installed
DAGSTER := .venv-dagster/installed

.PHONY: check test crash crowd mutants pythons loaders prerelease airflow dagster demo bench bench-all sandbox format clean

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

$(MELTANO): constraints-meltano.txt
	$(PYTHON) -m venv .venv-meltano
	.venv-meltano/bin/pip install --quiet --disable-pip-version-check -c constraints-meltano.txt meltano
	touch $@

$(PLOT): constraints.txt
	$(PYTHON) -m venv .venv-plot
	.venv-plot/bin/pip install --quiet --disable-pip-version-check -c constraints.txt matplotlib
	touch $@

$(LOADERS): constraints-loaders.txt
	for each in target-jsonl meltanolabs-target-postgres; do \
	  $(PYTHON) -m venv .venv-loaders/$$each && \
	  .venv-loaders/$$each/bin/pip install --quiet --disable-pip-version-check -c constraints-loaders.txt $$each || exit 1; \
	done
	touch $@

$(PEERS): constraints-peers.txt
	for each in dlt drt; do $(PYTHON) -m venv .venv-peers/$$each || exit 1; done
	.venv-peers/dlt/bin/pip install --quiet --disable-pip-version-check -c constraints-peers.txt dlt
	.venv-peers/drt/bin/pip install --quiet --disable-pip-version-check -c constraints-peers.txt 'drt-core[duckdb]'
	touch $@

$(MUTANTS): $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	touch $@

$(AIRFLOW): constraints-airflow.txt
	$(PYTHON) -m venv .venv-airflow
	.venv-airflow/bin/pip install --quiet --disable-pip-version-check -c constraints-airflow.txt \
	  apache-airflow apache-airflow-providers-celery asyncpg psycopg2-binary redis
	touch $@

$(DAGSTER): constraints-dagster.txt
	$(PYTHON) -m venv .venv-dagster
	.venv-dagster/bin/pip install --quiet --disable-pip-version-check -c constraints-dagster.txt dagster
	touch $@

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Each of the processes would compile all tests if none might keep what it compiled.
test: $(INSTALLED) $(MELTANO)
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest

crash: $(INSTALLED)
	$(BIN)/python -m tests.crash
	$(BIN)/python -m tests.crash.departures
	$(BIN)/python -m tests.crash.plans
	$(BIN)/python -m tests.crash.applied
	EVERY_CASE=1 $(BIN)/pytest -q tests/whole/test_hostile.py

crowd: $(INSTALLED)
	$(BIN)/python -m tests.crowd

mutants: $(MUTANTS)
	$(BIN)/python -m tests.mutants --sample 200 --seed 1

pythons: $(INSTALLED)
	$(BIN)/python -m tests.pythons

loaders: $(INSTALLED) $(LOADERS)
	$(BIN)/pytest tests/report/test_loaders.py

prerelease:
	$(PYTHON) -m venv .venv-prerelease
	.venv-prerelease/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	.venv-prerelease/bin/pip install --quiet --disable-pip-version-check --pre --upgrade 'singer-sdk[msgspec]'
	-.venv-prerelease/bin/pip list | grep singer-sdk
	-.venv-prerelease/bin/pytest -q -n 2 tests/plugin tests/pipeline

airflow: $(INSTALLED) $(AIRFLOW)
	AIRFLOW=$(CURDIR)/.venv-airflow/bin/airflow $(BIN)/pytest -q -n 0 tests/airflow

dagster: $(INSTALLED) $(DAGSTER)
	DAGSTER=$(CURDIR)/.venv-dagster/bin/dagster $(BIN)/pytest -q -n 0 tests/dagster

demo: $(INSTALLED)
	$(BIN)/python -m tests.demo

bench: $(INSTALLED) $(PEERS) $(PLOT)
	$(BIN)/python -m compileall -q tap_contacts target_contacts tests
	$(BIN)/python -m tests.bench --part $(PART)
	.venv-plot/bin/python -m tests.bench.plot
	$(BIN)/python -m tests.bench.quotes

bench-all: $(INSTALLED) $(PEERS) $(PLOT)
	$(BIN)/python -m compileall -q tap_contacts target_contacts tests
	$(BIN)/python -m tests.bench all
	.venv-plot/bin/python -m tests.bench.plot
	$(BIN)/python -m tests.bench.quotes

sandbox: $(INSTALLED)
	$(BIN)/python -m tests.sandbox --configs demo

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .venv-meltano .venv-plot .venv-loaders .venv-peers .venv-pythons .venv-prerelease .venv-airflow .venv-dagster build dist demo .mypy_cache .pytest_cache .ruff_cache
