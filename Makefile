# make repro   run the pipeline            PARAMS=configs/book.yaml: another parameter file, in runs/book
#                                          JOBS=2: train two variants at a time
# make demo    judge the sentences of params.yaml with the trained model
# make test    run the tests               make test-slow: the slow ones
# make bench   measure each step against the chapter's own way: about twelve minutes on two idle cores
# make lint    format, lint and types

PARAMS ?= params.yaml
JOBS ?= 1
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro demo test test-slow bench lint

repro: .venv/installed
	./repro.sh $(PARAMS) $(JOBS)

demo: .venv/installed
	@python -c 'import yaml; print(*yaml.safe_load(open("params.yaml"))["evaluate"]["sentences"], sep="\n")' \
		| python stages/predict.py

test: .venv/installed
	pytest -n 2 -m "not slow"

test-slow: .venv/installed
	pytest -n 2 -m slow

bench: .venv/benchmarks
	PYTHONPATH=stages python -m benchmarks.run
	python docs/fill.py

lint: .venv/installed
	ruff format --check .
	ruff check .
	mypy

.venv/installed: requirements.lock
	$(PYTHON) -m venv .venv
	pip install --disable-pip-version-check -r requirements.lock
	touch $@

.venv/benchmarks: .venv/installed benchmarks/requirements.txt
	pip install --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@
