# Penstock: everything a newcomer or a CI machine needs. `make` alone prints this help.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8080
DATA ?= .penstock
WORKERS ?= 2
# Many tests wait for a server more than they work: four keep two cores busy.
TEST_WORKERS ?= 4
SEEDS ?= 2000
ARGS ?=

BIN := .venv/bin
PAGES := docs/reference
USED := .venv/.used
READY := .venv/.ready
# In an environment of its own: pytest would load its plugin in ours.
FUZZER := .venv/fuzz/.ready
# Tests, checks, benchmarks and the demo never see a key, a server or a setting of the caller's.
OURS := $(filter ANTHROPIC_% OPENAI_% PENSTOCK_% PG% NATS_URL DATABASE_URL,$(.VARIABLES))
# Hundreds of processes start: each would compile what it imports anew where it may not be kept.
CLEAN_ENV := env -u PYTHONDONTWRITEBYTECODE $(foreach name,$(OURS),-u $(name))
# `make run` goes by the caller's settings, but not to another Penstock's servers, and it has no secret.
ELSEWHERE := $(filter NATS_% DATABASE_URL% PG% POSTGRES_% PENSTOCK_URL PENSTOCK_STACK PENSTOCK_TOKEN% \
	PENSTOCK_SECRET_KEY%,$(.VARIABLES))
OWN_ENV := env $(foreach name,$(ELSEWHERE),-u $(name))

.DEFAULT_GOAL := help
.PHONY: help install setup run console test simulate chaos acceptance check bench fuzz mutate docs lock clean

help: ## print this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make run PORT=8080 DATA=.penstock WORKERS=2"
	@echo "  ANTHROPIC_API_KEY=sk-ant-... LIVE=1 make run   real answers, which cost money"
	@echo "  make test ARGS='tests/unit -k merge'           arguments for pytest"
	@echo "  make simulate SEEDS=9000 ARGS='-k apis_end'    a test that fails names its seeds"

install: $(USED) ## install what runs Penstock into .venv: the command is .venv/bin/penstock

setup: $(READY) ## install what those need who work on Penstock, too

run: $(USED) console ## start everything on this machine, run the demo, stay up (Ctrl-C stops it)
	@exec $(OWN_ENV) $(BIN)/penstock up --demo $(if $(LIVE),--live,--simulated) \
		--port $(PORT) --data $(DATA) --workers $(WORKERS)

test: $(READY) ## run the tests, against real servers it starts itself; those of whole stacks by themselves
	$(CLEAN_ENV) $(BIN)/pytest -q -n $(TEST_WORKERS) --dist worksteal $(ARGS)

simulate: $(READY) ## thousands of seeds of what may go wrong, in virtual time (SEEDS=2000)
	$(CLEAN_ENV) $(BIN)/pytest -q -n $(TEST_WORKERS) --dist worksteal tests/simulation --seeds $(SEEDS) $(ARGS)

# By the content of web/: nothing is done when nothing changed.
console: $(USED)
	@$(BIN)/python deploy/console.py

chaos: $(READY) ## kill services and servers under load: what was accepted is told whole, and ends
	$(CLEAN_ENV) $(BIN)/pytest -q $(or $(ARGS),tests/chaos)

acceptance: $(READY) console ## tests/acceptance, operation, browser (Chromium, registries), generated (registries), earlier (all history), proxies (Caddy, nginx)
	$(CLEAN_ENV) $(BIN)/pytest -q $(or $(ARGS),tests/acceptance tests/operation tests/browser tests/generated tests/earlier tests/proxies)

check: $(READY) ## lint, format, types, arrows, budgets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(CLEAN_ENV) $(BIN)/pytest -q tests/architecture

bench: $(READY) ## measure this machine; results in bench/results
	$(CLEAN_ENV) $(BIN)/python -m bench $(ARGS)

fuzz: $(READY) $(FUZZER) ## ask the api what it describes and what it does not, by schemathesis (ARGS=viewer)
	$(CLEAN_ENV) $(BIN)/python -m tests.acceptance.described $(ARGS)

mutate: $(READY) ## break shared/run, flow, models on purpose; survivors are in docs/reference/mutants.md
	$(CLEAN_ENV) $(BIN)/mutmut run $(ARGS)
	$(BIN)/mutmut results | sed '/: not checked$$/d'

docs: $(READY) ## write the generated pages of docs/reference anew
	$(BIN)/python -m shared.log.reference > $(PAGES)/.made && mv $(PAGES)/.made $(PAGES)/events.md
	$(BIN)/python -m shared.log.reference --schema > $(PAGES)/.made && \
		mv $(PAGES)/.made $(PAGES)/events.schema.json
	$(BIN)/python -m shared.runtime.settings > $(PAGES)/.made && mv $(PAGES)/.made $(PAGES)/settings.md
	$(BIN)/python -m tests.architecture.signals
	$(BIN)/python -m shared.log.accounts > deploy/.made && mv deploy/.made deploy/nats.conf

PIP_COMPILE := env -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL -u PIP_FIND_LINKS PIP_CONFIG_FILE=/dev/null \
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	--no-emit-trusted-host --no-emit-find-links --no-annotate --no-header $(ARGS)
# Resolved from the public index alone, whatever this machine's pip is configured to use.
lock: $(READY) ## write the locks anew from pyproject.toml
	$(BIN)/pip install -q pip-tools
	$(PIP_COMPILE) --extra install -o requirements.lock pyproject.toml
	$(PIP_COMPILE) --extra install --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(PIP_COMPILE) -o tests/generated/requirements.lock tests/generated/requirements.in
	@sed -i.bak -e '/^# The following packages/d' \
		-e '1i\# Every package that runs Penstock, with its version and hashes; made by `make lock`, installed by `make run`.' \
		requirements.lock && rm requirements.lock.bak
	@sed -i.bak -e '/^# The following packages/d' \
		-e '1i\# The same, and what those need who work on Penstock; made by `make lock`, installed by `make setup`.' \
		requirements-dev.lock && rm requirements-dev.lock.bak

clean: ## remove what make made, but not the data in $(DATA)
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf mutants .schemathesis web/dist web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(USED): requirements.lock pyproject.toml
	@$(MAKE_VENV)
	@echo "Installing what runs Penstock into .venv (a minute; again only when the lock changes)"
	@$(BIN)/python deploy/install.py requirements.lock
	@touch $@

$(READY): requirements-dev.lock pyproject.toml
	@$(MAKE_VENV)
	@echo "Installing all that is locked into .venv (a few minutes; again only when the lock changes)"
	@$(BIN)/python deploy/install.py requirements-dev.lock
	@touch $(USED) $@

$(FUZZER): tests/schemathesis.txt | $(READY)
	@$(BIN)/python -m venv $(@D)
	@$(@D)/bin/python -m pip install -q --disable-pip-version-check -r $<
	@touch $@

define MAKE_VENV
test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3"; exit 1; }; \
test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	{ echo "$(PYTHON) cannot make a virtual environment: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
endef
