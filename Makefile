# make repro            run the pipeline           PARAMS=configs/book.yaml: as the DVC experiment `book`
#                                                  JOBS=1: variants to train at a time, by default as many as cores
# make demo             classify the sentences of params.yaml with the selected model
# make test             run the tests              make test-slow: the slow ones
# make bench            compare each step with the chapter's code: about twelve minutes on two idle cores
# make lint             format, lint and types
#
# What makes results/:
# make ablation         HEADLINES=FILE             text and padding of the chapter
# make learning-rates   VARIANT=stacked_lstm       a sweep of DVC experiments
# make seeds            RUN=runs/book              more seeds of the chapter's runs
# make book             RUN=runs/book              the chapter's results and ours

PARAMS ?= params.yaml
RUN ?= runs/book
HEADLINES ?= $(RUN)/data/raw/headlines.jsonl
VARIANT ?= stacked_lstm
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
STUDY := PYTHONPATH=stages python -m

.PHONY: repro demo test test-slow bench lint ablation learning-rates seeds book

repro: .venv/installed
	python repro.py $(PARAMS) $(if $(JOBS),--jobs $(JOBS))

demo: .venv/installed
	@python -c 'import yaml; print(*yaml.safe_load(open("params.yaml"))["evaluate"]["sentences"], sep="\n")' \
		| python stages/predict.py

test: .venv/installed
	pytest -n 2 -m "not slow"

test-slow: .venv/tests
	pytest -n 2 -m slow

bench: .venv/benchmarks
	$(STUDY) benchmarks.run
	python docs/fill.py

lint: .venv/installed
	ruff format --check .
	ruff check .
	mypy

ablation: .venv/installed
	$(STUDY) studies.ablation $(HEADLINES)

learning-rates: .venv/installed
	$(STUDY) studies.learning_rates $(VARIANT)

seeds: .venv/installed
	$(STUDY) studies.seeds $(RUN)

book: .venv/installed
	$(STUDY) studies.book $(RUN)

.venv/installed: requirements.lock
	$(PYTHON) -m venv .venv
	pip install --disable-pip-version-check -r requirements.lock
	touch $@

.venv/tests .venv/benchmarks: .venv/%: .venv/installed %/requirements.txt
	pip install --disable-pip-version-check -r $*/requirements.txt
	touch $@
