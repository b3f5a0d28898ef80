# One verb each. The first use makes the environment; nothing else need be installed or set.
PYTHON ?= python3
BIN = .venv/bin
# What the browser tests take from npm: htmx in place of the CDN, and the page checkers.
NPM = htmx.org@4.0.1 axe-core@4.14.1 html-validate@9.7.1

LIGHTHOUSE = lighthouse@12.8.2
LEARN = scikit-learn==1.9.1

.PHONY: run test check bench learn audit pins

run: .venv/site
	@$(BIN)/flask --app app serve

test: .venv/test check
	$(BIN)/python -m pytest --cov --cov-report=term -n auto --maxprocesses 4

check: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/djlint --lint templates --quiet

# Measures, and writes docs/bench.md and the README's table. Takes its tools from Debian where it may.
bench: .venv/test
	@missing="$$(for tool in nginx wrk chromium; do command -v $$tool >/dev/null || command -v /usr/sbin/$$tool >/dev/null || echo $$tool; done)"; \
	test -z "$$missing" || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light wrk chromium >/dev/null; } \
	  || { echo "make bench needs $$missing (Debian: nginx-light wrk chromium)"; exit 1; }
	@test -x .venv/npm-bench/node_modules/.bin/lighthouse || npm install --prefix .venv/npm-bench --no-save --ignore-scripts --no-audit --no-fund --silent $(LIGHTHOUSE)
	@PATH="$$PATH:/usr/sbin" $(BIN)/python -m tests.bench

# Fits data/likeness.txt and data/topics.txt to the collection of phrases; after every change of it (a test says so).
learn: .venv/test
	@test -d .venv/learn/sklearn || $(BIN)/pip install --quiet --disable-pip-version-check --target .venv/learn $(LEARN)
	@PYTHONPATH=.venv/learn $(BIN)/python -m tests.learn

# Known weaknesses of what is pinned, bandit, rules of our own, licences. It can fail, and says where it cannot answer.
audit: .venv/site
	@.ci/audit

# The environment the site needs, and the larger one its tests need. The files name everything, so pip need
# work nothing out: where it does, it may choose a release newer than the pin, and then refuse it.
.venv/site: .ci/requirements.txt
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo "Python 3.11 or newer with its venv module is needed"; exit 1; }
	@echo "Installing (first time only)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .ci/requirements.txt
	@touch $@

.venv/test: .ci/requirements-test.txt Makefile
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo "Python 3.11 or newer with its venv module is needed"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .ci/requirements-test.txt
	@if command -v npm >/dev/null; then npm install --prefix .venv/npm --no-save --ignore-scripts --no-audit --no-fund --silent $(NPM); fi
	@touch $@

# Pin again what pyproject.toml names (needs uv).
pins:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --upgrade -o .ci/requirements.txt
	uv pip compile pyproject.toml --group test --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --upgrade -c .ci/requirements.txt -o .ci/requirements-test.txt
