# Everything lives in .venv; a stamp file in it says what is installed, so a second make is instant.

# The newest Python is not always served by every wheel: the one that the pins were made with first.
PYTHONS := python3.11 python3.12 python3.13 python3 python3.14 python
FIT := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(PYTHONS); do $$p -c "$(FIT)" 2>/dev/null && echo $$p && break; done)
# All that asteroid's networks need; what else it asks for would put torchmetrics back by years.
ASTEROID := asteroid asteroid-filterbanks huggingface-hub
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: run test lint clean
.DELETE_ON_ERROR:

run: .venv/installed
	.venv/bin/recipe run keep=speech+music

test: .venv/installed-dev
	.venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: .venv/installed-dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright

clean:
	rm -rf .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing into .venv (some minutes, once)"
	$(PIP) -e .
	@touch $@

.venv/installed-dev: .venv/installed
	$(PIP) -e '.[dev]'
	$(PIP) --no-deps $(ASTEROID)
	@touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "soundsieve needs Python 3.11 or newer with its venv module" \
		"(on Debian: apt install python3 python3-venv), or: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv .venv
