.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# One lock for every Python and platform, with the hashes of all files of a version.
LOCK_ALONE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-annotate --custom-compile-command "make lock"
LOCK := $(LOCK_ALONE) --constraint constraints.txt

.PHONY: help
help: ## List the targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: .venv/run.installed ## Start the service on http://127.0.0.1:8000, with an embedded Neo4j unless NEO4J_URI is set.
	@exec $(BIN)/waypath serve

.PHONY: install
install: .venv/dev.installed ## Install the service, and the tools for tests and checks, into .venv.

# If this variable were set, each process would compile the service and its packages again.
run test evals test-model test-faults: export PYTHONDONTWRITEBYTECODE =

# A test of over 10 minutes ends the run and prints its stack. A process that crashes ends it, too:
# if another one replaced it, the run could wait for ever.
.PHONY: test
test: .venv/dev.installed ## Run the tests on NEO4J_URI, or else on Neo4j in a container or an embedded Neo4j.
	@$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
	  --max-worker-restart 0 -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true

.PHONY: evals
evals: .venv/dev.installed ## Evaluate the tools for agents: replay the recorded tasks, and print a table of results.
	@$(BIN)/pytest -q --tb=line tests/evals --tasks

.PHONY: test-model
test-model: .venv/dev.installed ## Compare 300 new random histories of Customers with the model, in 4 minutes.
	@$(BIN)/pytest tests/identity/test_identity_model.py --hypothesis-profile long

.PHONY: test-faults
test-faults: .venv/dev.installed ## Inject faults under load, then check the graph; SHORT=1: fewer; SEED=N: repeat a run.
	@$(BIN)/pytest tests/faults $(if $(SHORT),,--long) $(if $(SEED),--seed $(SEED))

.PHONY: check
check: .venv/dev.installed ## Lint; check format, types, import rules, spelling and language.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/codespell
	@$(BIN)/python -m checks.language

.PHONY: check-chart
check-chart: .venv/dev.installed .venv/policy/bin/checkov ## Have a policy scanner check what the Helm chart renders.
	@$(BIN)/python -m supply.chart_policy .venv/policy/bin/checkov

.PHONY: bench
bench: .venv/bench.installed ## Compare the service with a baseline and with Neo4j alone, in 7 minutes; QUICK=1: in 3.
	@$(BIN)/python -m bench compare $(if $(QUICK),--rounds 2 --seconds 2 --warmup 6)
	@$(BIN)/python -m bench chart

.PHONY: bench-growth
bench-growth: .venv/bench.installed ## Measure while the graph grows to 2 million Touchpoints, or to TOUCHPOINTS=N.
	@$(BIN)/python -m bench growth $(if $(TOUCHPOINTS),--touchpoints $(TOUCHPOINTS)) --rounds 3 --seconds 4
	@$(BIN)/python -m bench chart

.PHONY: bench-workers
bench-workers: .venv/bench.installed ## Measure 1, 2 and 4 workers; SOAK=10: the memory under load for 10 minutes.
	@$(BIN)/python -m bench workers $(if $(SOAK),--soak $(SOAK))

.PHONY: bench-retention
bench-retention: .venv/bench.installed ## Measure while old Touchpoints are deleted: 2 million, or TOUCHPOINTS=N.
	@$(BIN)/python -m bench retention $(if $(TOUCHPOINTS),--touchpoints $(TOUCHPOINTS)) --seconds 10

.PHONY: bench-size
bench-size: .venv/bench.installed ## Measure the constants of waypath size, in 7 minutes; CHECK=1: compare its forecast with a run.
	@$(BIN)/python -m bench size $(if $(CHECK),--check) --rounds 4 --seconds 5 --warmup 60

.PHONY: bench-overload
bench-overload: .venv/bench.installed ## Measure at up to ten times the capacity, in 4 minutes.
	@$(BIN)/python -m bench overload
	@$(BIN)/python -m bench chart

.PHONY: lock
lock: .venv/dev.installed ## Update requirements/, after a change in pyproject.toml or constraints.txt.
	@$(LOCK) --group installer -o requirements/installer.txt
	@$(LOCK) --group build -o requirements/build.txt
	@$(LOCK) pyproject.toml --extra otel --extra redis --extra kafka -o requirements/service.txt
	@$(LOCK) pyproject.toml --extra otel --extra redis --extra kafka --extra embedded -o requirements/run.txt
	@$(LOCK) pyproject.toml --extra otel --extra redis --extra kafka --extra embedded --extra dev -o requirements/dev.txt
	@$(LOCK) pyproject.toml --all-extras -o requirements/bench.txt
	@$(LOCK_ALONE) --group policy -o requirements/policy.txt

.PHONY: sbom
sbom: .venv/dev.installed ## Write sbom.cdx.json: all packages and jars that the service runs, as CycloneDX.
	@$(BIN)/python -m supply.sbom > sbom.cdx.json

.PHONY: licences
licences: .venv/dev.installed ## Update the tables of docs/reference/licences.md.
	@$(BIN)/python -m supply.licences

.PHONY: helm-values
helm-values: .venv/dev.installed ## Update the table of docs/reference/helm-values.md.
	@$(BIN)/python -m supply.helm_values

.PHONY: format
format: .venv/dev.installed ## Format the code, and apply the automatic fixes of the linter.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: clean
clean: ## Remove everything that the other targets installed, but not the data in .data.
	rm -rf .venv .hypothesis

.venv/%.installed: pyproject.toml requirements/installer.txt requirements/build.txt requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@echo "installing into .venv ..."
	@$(BIN)/python -m supply.installation $*
	@touch $@

# Its own environment: it pins packages that the others have in other versions.
.venv/policy/bin/checkov: requirements/policy.txt .venv/dev.installed
	@$(PYTHON) -m venv .venv/policy
	@.venv/policy/bin/pip --disable-pip-version-check install --quiet --require-hashes -r requirements/policy.txt
	@touch $@
