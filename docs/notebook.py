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
# In Colab: put the address of your copy of the project here. This cell then clones it and installs what it needs.
REPOSITORY = "https://github.com/OWNER/headline-rnn"

import importlib.util
import os

if not os.path.exists("chapter.py"):
    !git clone --quiet {REPOSITORY} headline-rnn
    os.chdir("headline-rnn")
if not importlib.util.find_spec("ruamel.yaml"):
    !pip install --quiet ruamel.yaml pydantic beautifulsoup4 pyyaml requests filelock
!python stages/download_corpus.py
!python stages/download_glove.py"""
RUNS = [
    """\
# As figures 7-9 and 7-10. The bundled headlines are a seventh of the book's, so for ten epochs little changes.
main("bi_lstm", epochs=30, learning_rate=0.001);""",
    """\
# As figures 7-11 and 7-12, at a higher rate than the book's 0.0001, as there are few headlines.
main("stacked_lstm", epochs=30, learning_rate=0.003);""",
    """\
# As figures 7-21 and 7-22; the book's rate is 0.0003.
main("stacked_lstm_dropout", epochs=30, learning_rate=0.003);""",
    """\
# Over pretrained vectors; the book's rate is 0.00003.
main("glove_lstm", epochs=30, learning_rate=0.001);""",
]


def main(out: str) -> None:
    """Make the notebook, run it in the project and write it."""
    text = (ROOT / "chapter.py").read_text(encoding="utf-8")
    introduction, *parts = re.split(r"^# %% (.*)\n", text, flags=re.MULTILINE)
    docstring, code = re.fullmatch(r'"""(.*?)\n.*?"""\n(.*)', introduction, re.DOTALL).groups()
    cells = [new_markdown_cell(f"# {docstring}"), new_code_cell(SET_UP), new_code_cell(code.strip())]
    for title, code in zip(parts[::2], parts[1::2], strict=True):
        cells += [new_markdown_cell(f"## {title}"), new_code_cell(code.partition("\nif __name__ ==")[0].strip())]
    cells += [new_code_cell(run) for run in RUNS]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # nbformat's are random
    notebook = new_notebook(cells=cells)
    folder = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, record_timing=False, coalesce_streams=True, resources=folder).execute()
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(notebook, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
