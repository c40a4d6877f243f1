"""Headlines classified with a network small enough to compute by hand."""

import io
import json
import os
import shutil
import subprocess
import sys

import predict
from sarcasm import saved_model
from sarcasm.saved_model import save_model
from sarcasm.stage import InputError

import pytest
from tests.project import ROOT, params, write_params
from tests.tiny_model import probability, tiny_model

HEADER = "probability  predicted label  headline, classified by tiny: the probability that it is sarcastic"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project of predict.py: a folder with params.yaml and a selected model."""
    save_model(tmp_path / "data/selected.pt", tiny_model())
    write_params(tmp_path, params())
    for module in (predict, saved_model):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    return tmp_path


@pytest.fixture
def classify(project, monkeypatch, capsys):
    """Return a function that runs predict.py and returns the lines of standard output."""

    def call(*headlines, stdin=b"", json=False, explain=False):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        predict.main(None, json, explain, list(headlines))
        return capsys.readouterr().out.splitlines()

    return call


def test_arguments_are_classified_in_a_table(classify):
    assert classify("good bad", "Zorp\tgood, zorp") == [
        HEADER,
        f"      {probability(3):.3f}  sarcastic        good bad",
        f"      {probability(0.5):.3f}  not sarcastic    Zorp good, zorp  (unknown: zorp, ,)",
    ]


def test_lines_are_classified_without_the_empty_ones(classify):
    lines = "\ufeffgood\r\n\n bad \nñandú".encode()
    assert classify(stdin=lines)[1:] == [
        f"      {probability(2):.3f}  sarcastic        good",
        f"      {probability(4):.3f}  sarcastic         bad ",
        f"      {probability(0):.3f}  not sarcastic    ñandú  (unknown: ñandú)",
    ]
    found = [json.loads(line) for line in classify(stdin=lines, json=True)]
    assert [row["headline"] for row in found] == ["good", " bad ", "ñandú"]
    assert classify(stdin=b"\n") == [HEADER] and classify(json=True) == []


def test_json_lines_have_the_headline_as_it_was(classify):
    (line,) = classify("Zorp\tgood", json=True)
    fields = {"headline": "Zorp\tgood", "probability": 0.5, "predicted_label": "not sarcastic", "unknown": ["zorp"]}
    assert json.loads(line) == fields


def test_the_importance_of_words_is_a_second_row(classify):
    # the logit is 2 / 2 - 1, without `zorp` 2 - 1 and without `good` 0 - 1
    assert classify("zorp good", "", explain=True)[2:] == [
        f"{'':30}zorp -1.00  good +1.00",
        f"{0.269:>11}  not sarcastic    ",
    ]
    (line,) = classify("zorp good", json=True, explain=True)
    assert json.loads(line)["importance"] == [["zorp", -1.0], ["good", 1.0]]


def test_the_importance_of_words_fits_the_terminal(classify, monkeypatch):
    monkeypatch.setenv("COLUMNS", "52")
    assert classify("good " * 3, explain=True)[2:] == [f"{'':30}good +0.00  good +0.00", f"{'':30}good +0.00"]


def test_classes_have_the_names_of_params_yaml(classify, project):
    document = params()
    document["corpus"]["classes"] = ["HuffPost", "The Onion, a newspaper"]
    write_params(project, document)
    header, row, importance = classify("good", explain=True)
    assert "The Onion, a newspaper" in row and "HuffPost" in classify("")[1]
    assert header.index("headline") == row.index("good") == importance.index("good") == 13 + 22 + 2


def test_an_argument_that_is_not_utf8_is_shown_with_an_escape(classify):
    (line,) = classify("good " + os.fsdecode(b"\xff"), json=True)
    assert json.loads(line)["headline"] == "good \udcff" and line.isascii()


def test_a_line_that_is_not_utf8_is_refused(classify):
    with pytest.raises(InputError, match="^line 2: not UTF-8 at byte 2$"):
        classify(stdin=b"good\nb\xffd\n")


def test_a_terminal_gets_colours_and_no_control_characters():
    (prediction,) = predict.classify(tiny_model(), ["bad\033[2J"], ["no", "yes"], explain=True)
    row, importance = predict.to_row(prediction, 15, colour=True).splitlines()
    # the words are `bad ESC [ 2j`; ESC, which could clear the screen, is shown as a blank
    assert row == "      0.500  no               bad [2J\033[2m  (unknown:  , [, 2j)\033[0m"
    assert importance.lstrip().startswith("\033[33mbad +1.00\033[0m  \033[36m  -0.33\033[0m  \033[36m[ -0.33")
    assert "\033" not in predict.to_row(prediction, 15, colour=False)


@pytest.mark.slow
def test_the_process(project):
    stages = shutil.copytree(ROOT / "stages", project / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, stages / "predict.py"]
    done = subprocess.run([*command, "--json", "--explain", "good"], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0 and json.loads(done.stdout)["importance"] == [["good", 2.0]] and not done.stderr
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1) as process:
        process.stdin.write(b"good\n" * 20_000)  # more rows than a pipe holds
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()  # as `| head -1` does
        assert process.wait() == 0 and process.stderr.read() == b""
