# make run   the application, on http://127.0.0.1:8000, with a database of its own (SQLite in instance/)
# make test  the quick tests, for every commit
# make test-all  all tests: with browsers, server processes, PostgreSQL and Redis, as CI runs them
# make mutations  changes of the code, each of which must make a test fail: some minutes, ARGS="--only 7" one check
# make check-twin  whether quart_app and its twin on Flask + Flask-Login answer alike; measures nothing
# make benchmark   the same, then both measured side by side: twenty minutes, ARGS=--quick two minutes
# make peers       FastAPI, Django and quart-security in .venv-peers, for make benchmark ARGS="--only frameworks"
# make port-proof   the porting assistant on public applications: up to an hour, needs the package index, and clones
#                   for some: ARGS="--checkout ctfd=PATH", or PORT_PROOF_CHECKOUTS=FOLDER; without them it runs the rest
# make docs  the documentation as a site, in build/docs
#
# All make their environment themselves, once, and need nothing but Python 3.11 or newer and make.
# Another Python:       make test PYTHON=python3.13 VENV=.venv313
# Only some tests:      make test ARGS="tests/app -k remember" JOBS=0
# Another address:      make run BIND=0.0.0.0:8080
# Another database:     DATABASE_URL=... make run

PYTHON ?= python3
VENV ?= .venv
BIND ?= 127.0.0.1:8000
ARGS ?=
# Processes that test side by side; 0 is this one alone, and "auto" as many as there are cores.
JOBS ?= auto
# Markers of tests that take long; pyproject.toml explains them.
LONG := browser or checks or docs or fuzz or models or neighbours or port or served or services or tools

bin := $(VENV)/bin
pip := $(bin)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test test-all mutations check-twin benchmark peers port-proof docs lint format clean

run: $(VENV)/app.stamp
	@echo "Serving on http://$(BIND) (Ctrl+C stops)"
	@exec $(bin)/python -m quart_app.serve --config hypercorn.toml --bind "$(BIND)"

# With ARGS, whatever they select. What was compiled is kept, whatever the environment says: it is a sixth of the time.
test: ARGS := $(or $(ARGS),-m "not ($(LONG))")
test: $(VENV)/dev.stamp
test-all: $(VENV)/neighbours.stamp .venv-peers/peers.stamp
test test-all:
	PYTHONDONTWRITEBYTECODE= $(bin)/python -m pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

mutations: $(VENV)/dev.stamp
	$(bin)/python -m tests.mutations $(ARGS)

check-twin: $(VENV)/dev.stamp
	$(bin)/python -m benchmarks.comparison --library $(ARGS)

benchmark: $(VENV)/dev.stamp
	$(bin)/python -m benchmarks $(ARGS)

peers: .venv-peers/peers.stamp

port-proof: $(VENV)/dev.stamp
	$(bin)/python -m tests.port.public $(ARGS)

# Strict: a link, a file or a name that is not there fails. Needs no network, and the pages need none either.
docs: $(VENV)/dev.stamp
	$(bin)/python -m sphinx --builder html --conf-dir docs/site --fail-on-warning --keep-going --quiet docs build/docs
	@echo "Open build/docs/index.html"

lint: $(VENV)/dev.stamp
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports

format: $(VENV)/dev.stamp
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

# Everything that was made here, the database of `make run` excepted: that is somebody's data.
clean:
	rm -rf "$(VENV)" .venv-peers build dist .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/app.stamp: $(VENV)/pip.stamp pyproject.toml constraints.txt
	@echo "Installing the application into $(VENV) ..."
	@$(pip) install --constraint constraints.txt --editable ".[app,postgresql,redis,shell]"
	@touch $@

$(VENV)/dev.stamp: $(VENV)/pip.stamp pyproject.toml constraints.txt
	@echo "Installing the application and its tools into $(VENV) ..."
	@$(pip) install --constraint constraints.txt --editable ".[app,postgresql,redis]" --group dev
	@touch $(VENV)/app.stamp $@

# Other packages beside compat, for tests/neighbours and tests/models; for tests/clients those of npm, too.
$(VENV)/neighbours.stamp: $(VENV)/dev.stamp tests/clients/package.json tests/clients/package-lock.json
	@echo "Installing other packages into $(VENV) ..."
	@$(pip) install --constraint constraints.txt --group neighbours --group models --group monitoring --group clients
	@mkdir -p $(VENV)/clients && cp tests/clients/package.json tests/clients/package-lock.json $(VENV)/clients
	@PATH="$(abspath $(bin)):$$PATH" $(bin)/npm ci --prefix $(VENV)/clients --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

# What python -m benchmarks measures beside quart_app, apart from it: fastapi-users wants older versions than we do.
.venv-peers/peers.stamp: benchmarks/applications/peers/requirements.txt
	@echo "Installing the peers of the benchmark into .venv-peers ..."
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --disable-pip-version-check --quiet --requirement $<
	@touch $@

# The pip that comes with Python may be too old for dependency groups (25.1).
$(VENV)/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed, and $(PYTHON) is not: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv "$(VENV)" || { \
	    echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(pip) install --upgrade "pip>=25.1"
	@touch $@
