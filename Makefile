# Needs make and Python 3.11 or newer, which PYTHON=... chooses; the rest is set up in .venv on first use.
PYTHON ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test redteam lab release bundle check bench clean sandbox browser

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: sandbox .venv/.installed ## Grade a small made-up class and show its points and feedback
	$(BIN)/python -m autograder demo

# One thread a worker: the tests' models are small, and threads of several workers only get in each other's way.
test: sandbox browser .venv/.installed ## Run all tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadgroup -m "not slow"

redteam: sandbox browser .venv/.installed ## Attack the grader, at length
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadgroup tests/redteam

# Students write in my-work, which git ignores; what is there already is left alone.
lab: .venv/.installed ## Open the students' notebooks, copied to my-work, in JupyterLab
	@mkdir -p my-work
	@for topic in release/*; do [ -e "my-work/$${topic#release/}" ] || cp -R "$$topic" my-work/; done
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/my-work

release: .venv/.installed ## Make the students' notebooks again from source/
	$(BIN)/python -m autograder release

bundle: .venv/.installed ## Make what students are handed out: dist/forget-me-not-student.zip
	$(BIN)/python -m autograder bundle

check: .venv/.installed ## Lint, check types, and see that the release is up to date
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m autograder release --check

bench: .venv/.installed ## Time the training loop and the exact Fisher
	$(BIN)/python -m autograder bench

clean: ## Remove the virtual environment and all caches (nobody's work)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache build dist *.egg-info
	find course autograder tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last: an interrupted set-up starts again, a finished one is skipped.
.venv/.installed: pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
		{ python=$$(scripts/choose-python $(PYTHON)) && "$$python" -m venv --clear .venv; }
	@echo "Setting up .venv, once. PyTorch is a large download: this takes some minutes."
	$(BIN)/python -m pip install --disable-pip-version-check \
		--constraint constraints.txt --editable '.[test]'
	@touch $@

sandbox:
	@scripts/install-bubblewrap

browser:
	@scripts/install-chromium
