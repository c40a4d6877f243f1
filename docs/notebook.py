"""Make chapter.ipynb of chapter.py, with its outputs: a cell for each of its parts, then the trainings.

    python docs/notebook.py chapter.ipynb

Needs tests/requirements.txt (`pip install -r`).
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parent.parent
SET_UP = """\
# In a new environment, such as Colab: the project, and the packages that its stages need. In a clone: only the headlines.
REPOSITORY = "https://github.com/OWNER/headline-rnn"  # where your copy of the project is

import importlib.util
import os

if not os.path.exists("chapter.py"):
    !git clone --quiet {REPOSITORY} headline-rnn
    os.chdir("headline-rnn")
if not importlib.util.find_spec("ruamel.yaml"):
    !pip install --quiet ruamel.yaml pydantic beautifulsoup4 pyyaml requests filelock
!python stages/download_corpus.py
!python stages/download_glove.py"""
RUNS = {"bi_lstm": "The bidirectional LSTM", "stacked_lstm": "Two LSTMs", "glove_lstm": "Pretrained word vectors"}
EPOCHS = 10


def main(out: str) -> None:
    """Make the notebook, run it in the project and write it."""
    introduction, *parts = re.split(r"^# %% (.*)\n", (ROOT / "chapter.py").read_text(encoding="utf-8"), flags=re.MULTILINE)
    docstring, code = re.fullmatch(r'"""(.*?)\n.*?"""\n(.*)', introduction, re.DOTALL).groups()
    cells = [new_markdown_cell(f"# {docstring}"), new_code_cell(SET_UP), new_code_cell(code.strip())]
    for title, code in zip(parts[::2], parts[1::2], strict=True):
        cells += [new_markdown_cell(f"## {title}"), new_code_cell(code.partition("\nif __name__ ==")[0].strip())]
    for variant, title in RUNS.items():
        cells += [new_markdown_cell(f"### {title}"), new_code_cell(f'main("{variant}", epochs={EPOCHS})')]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # nbformat's are random
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, record_timing=False, resources={"metadata": {"path": str(ROOT)}}).execute()
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(notebook, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
