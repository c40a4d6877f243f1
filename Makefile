# make repro            run the pipeline           PARAMS=configs/book.yaml: as the DVC experiment `book`
#                                                  JOBS=1: variants to train at a time, by default as many as cores
#                                                  TORCH=cpu or cuda: build of torch to install, see below
# make demo             classify the sentences of params.yaml with the selected model
# make test             run the tests              make test-slow: the slow ones
# make fuzz             MINUTES=5: look for input that a reader or the pipeline does not handle    ONLY=pipeline
# make bench            HEADLINES=FILE: compare each step with chapter.py, on two idle cores, with the real headlines
# make exps             list the experiments of this commit    VARIANT=stacked_lstm: their scores of one variant
# make commit           commit parameters, dvc.lock, metrics and plots    MESSAGE="..."
# make lint             format, lint and types
# make lock             make requirements.lock from pyproject.toml
# make docs             fill the generated tables of README.md and docs/
# make notebook         make chapter.ipynb of chapter.py, with its outputs
# make cluster          install what cluster/ and `dask ssh` need
#
# What makes results/; each writes to the folder OUT, which must be given:
# make ablation                                    tokenizers and padding, from DVC experiments
# make learning-rates   VARIANT=stacked_lstm       a sweep of DVC experiments
# make book                                        the chapter's results and ours, from its experiments
# make results          NAME=news-headlines-v1     an experiment of configs/NAME.yaml

PARAMS ?= params.yaml
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
override export MESSAGE := $(value MESSAGE)
export PIP_USER := 0
STUDY := PYTHONPATH=stages:. python -m
PIP := pip --disable-pip-version-check --quiet
# PyPI's torch for Linux is the CUDA build, 2.7 GB with its libraries. The CPU build on PyTorch's own index has 0.2 GB.
TORCH_CPU := $(PIP) install --no-deps --retries 1 --timeout 10 --index-url https://download.pytorch.org/whl/cpu

.PHONY: repro demo test test-slow fuzz bench exps commit lint lock docs notebook cluster ablation learning-rates book results

repro: .venv/installed
	python repro.py $(PARAMS) $(if $(JOBS),--jobs $(JOBS))

demo: .venv/installed
	@python -c 'import yaml; print(yaml.safe_load(open("params.yaml"))["evaluate"]["sentences"])' \
		| python stages/predict.py

test: .venv/installed
	pytest -n 2 -m "not slow"

test-slow: .venv/tests
	pytest -n 2 -m slow

fuzz: .venv/tests
	FUZZ_MINUTES=$(or $(MINUTES),5) pytest -m hypothesis -o python_files="test_*.py fuzz.py" -k "$(ONLY)"

bench: .venv/installed
	$(STUDY) benchmarks.run $(HEADLINES)
	python docs/fill.py

exps: .venv/installed
	@python exps.py $(VARIANT)

commit: .venv/installed
	git add params.yaml dvc.lock metrics plots
	git commit $(if $(MESSAGE),-m "$$MESSAGE")
	@git status --short  # code that has changed too

lint: .venv/installed
	ruff format --check .
	ruff check .
	mypy

# In a new environment, with torch's CPU build. If pip takes the CUDA build from another index, its libraries are left out,
# as they exist only for Linux.
lock: export PATH := $(CURDIR)/.venv/lock/bin:$(PATH)
lock:
	$(PYTHON) -m venv --clear .venv/lock
	$(TORCH_CPU) torch
	python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb")); \
		print(*project["project"]["dependencies"], *project["dependency-groups"]["dev"], sep="\n")' > .venv/lock/direct.txt
	$(PIP) install -r .venv/lock/direct.txt
	(grep ^# requirements.lock; pip freeze | sed -E '/^torch==/s/\+.*//; /^(cuda|nvidia|triton)/d') > .venv/lock/requirements.lock
	mv .venv/lock/requirements.lock .

docs: .venv/installed
	python docs/fill.py

notebook: .venv/tests
	python docs/notebook.py chapter.ipynb

cluster: .venv/installed
	$(PIP) install $$(python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["cluster"])')

ablation: .venv/installed
	$(STUDY) studies.ablation $(OUT)

learning-rates: .venv/installed
	$(STUDY) studies.learning_rates $(VARIANT) $(OUT)

book: .venv/installed
	$(STUDY) studies.book $(OUT)

results: .venv/installed
	$(STUDY) studies.export $(NAME)

.venv/installed: requirements.lock
	$(PYTHON) -m venv .venv
ifeq ($(TORCH),cpu)
	$(TORCH_CPU) $$(grep ^torch== $<)
else ifeq ($(TORCH),)  # without an NVIDIA driver, try the CPU build; if the index cannot be reached, go on
	if [ "$$(uname)" = Linux ] && ! command -v nvidia-smi > /dev/null; then $(TORCH_CPU) $$(grep ^torch== $<) || true; fi
else ifneq ($(TORCH),cuda)
	$(error TORCH=$(TORCH): expected cpu or cuda)
endif
	@echo "Installing the packages takes some minutes."
	$(PIP) install -r $<
	touch $@

.venv/tests: tests/requirements.txt .venv/installed
	$(PIP) install -r $<
	touch $@
