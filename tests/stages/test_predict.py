"""Headlines classified one by one and by the thousand, with a model small enough to compute by hand."""

import json
import os
import pty
import shutil
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace
from math import exp, log
from pathlib import Path

import pytest
import torch

import predict
from sarcasm.base.command import InputError
from sarcasm.base.files import write_json
from sarcasm.network import model_file
from sarcasm.network.model_file import save_model
from sarcasm.network.saved_model import SavedModel
from sarcasm.results.predictions import CHUNK, decode, header, line_chunks, to_row

STAGE = Path(predict.__file__)
CLASSES = ["not sarcastic", "sarcastic"]


def tiny_model(name: str = "tiny") -> SavedModel:
    """Return a model whose logit is the mean over the words, 2 for `good` and 4 for `bad`, 0 for others, minus 1."""
    network = {
        "vocabulary_size": 4,
        "embedding_dimension": 1,
        "cell": "lstm",
        "layers": 0,
        "bidirectional": False,
        "hidden_size": 1,
        "dropout": {"embedding": 0.0, "inter_layer": 0.0, "rnn_output": 0.0, "linear": 0.0},
    }
    weights = {
        "embedding.weight": torch.tensor([[0.0], [0.0], [2.0], [4.0]]),
        "linear.weight": torch.tensor([[1.0]]),
        "linear.bias": torch.tensor([0.0]),
        "output.weight": torch.tensor([[1.0]]),
        "output.bias": torch.tensor([-1.0]),
    }
    return SavedModel(name, network, "full", ["<pad>", "<unk>", "good", "bad"], 4, True, CLASSES, weights)


def probability(mean: float) -> float:
    return 1 / (1 + exp(1 - mean))


def logit(probability: float) -> float:
    return log(probability / (1 - probability))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project of predict.py: a folder with two models, of which `tiny` is selected."""
    for name in ("tiny", "other"):
        save_model(tmp_path / f"models/{name}.pt", tiny_model(name))
    write_json(tmp_path / "metrics/selected.json", {"variant": "tiny", "run": "tiny", "validation_loss": 0.5})
    monkeypatch.setattr(model_file, "PROJECT", tmp_path)
    return tmp_path


@pytest.fixture
def feed(tmp_path, monkeypatch):
    """A function that provides bytes on standard input."""
    path = tmp_path / "input.txt"

    def put(content: bytes):
        path.write_bytes(content)
        monkeypatch.setattr("sys.stdin", file := path.open())
        files.append(file)

    files = []
    yield put
    for file in files:
        file.close()


def classify(capfd, *headlines, json=False, explain=False):
    predict.main(None, json, explain, False, list(headlines))
    return capfd.readouterr().out


def test_a_pipe_gets_tab_separated_values(project, capfd):
    assert classify(capfd, "good bad", "Zorp\tgood, zorp") == (
        f"{probability(3):.6f}\tsarcastic\tgood bad\t\n{probability(0.5):.6f}\tnot sarcastic\tZorp good, zorp\tzorp ,\n"
    )


def test_json_lines_keep_the_headline_as_it_was(project, capfd):
    (line,) = classify(capfd, "Zorp\tgood", json=True).splitlines()
    fields = {"headline": "Zorp\tgood", "probability": 0.5, "predicted_label": "not sarcastic", "unknown": ["zorp"]}
    assert json.loads(line) == fields


def test_lines_keep_their_order_and_empty_ones_have_no_label(project, capfd, feed):
    feed("\ufeffgood\r\n\n bad \nñandú".encode())
    rows = [line.split("\t") for line in classify(capfd).split("\n")]
    assert rows == [
        [f"{probability(2):.6f}", "sarcastic", "good", ""],
        ["", "", "", ""],
        [f"{probability(4):.6f}", "sarcastic", " bad ", ""],
        [f"{probability(0):.6f}", "not sarcastic", "ñandú", "ñandú"],
        [""],
    ]


def test_importance_is_the_change_of_the_logit_without_the_word(project, capfd):
    (line,) = classify(capfd, "good bad zorp", json=True, explain=True).splitlines()
    # the logit is the mean minus 1: 2 - 1 of all words, (4 + 0) / 2 - 1 without `good`, and so on
    assert json.loads(line)["importance"] == [["good", 0.0], ["bad", 1.0], ["zorp", -1.0]]
    assert classify(capfd, "bad bad", explain=True).endswith("\tbad:+0.000000 bad:+0.000000\n")


@pytest.mark.parametrize("text, words", [("", 0), ("good", 1), ("good bad good bad", 4), ("good good good bad bad", 4)])
def test_importance_equals_leaving_the_word_out(text, words):
    model, tokens = tiny_model(), text.split()
    importance = model.word_importance(text)
    assert [word for word, _ in importance] == tokens[:words]
    for position, (_, value) in enumerate(importance):
        without = " ".join(tokens[:position] + tokens[position + 1 :])
        whole, rest = map(logit, model([text, without]).tolist())
        assert value == pytest.approx(whole - rest, abs=1e-5)


def test_many_headlines_have_the_probabilities_of_each_alone():
    model = tiny_model()
    headlines = ["good " * (n % 3) + "bad" * (n % 2) for n in range(2000)]
    alone = {headline: float(model([headline])[0]) for headline in set(headlines)}
    assert model(headlines).tolist() == pytest.approx([alone[headline] for headline in headlines])


@pytest.mark.parametrize(
    "content, message",
    [(b"good\nb\xffd\n", "line 2: not UTF-8 at byte 2"), (b"good\n" + b"x" * (2 * CHUNK), "line 2: longer than")],
)
def test_a_bad_line_is_named(project, feed, content, message):
    feed(content)
    with pytest.raises(InputError, match=message):
        predict.main(None, False, False, False, [])


def test_the_lines_before_a_bad_one_are_answered(project, feed, capfd):
    for bad in (b"b\xffd", b"x" * (CHUNK + 1)):
        feed(b"good\nbad\n" + bad + b"\nmoon\n")
        with pytest.raises(InputError, match="^line 3: "):
            predict.main(None, False, False, False, [])
        assert [line.split("\t")[2] for line in capfd.readouterr().out.splitlines()] == ["good", "bad"]


def test_a_bad_line_can_be_skipped_with_an_empty_row(project, feed, capfd):
    feed(b"good\nb\xffd\n" + b"x" * (3 * CHUNK) + b"\nmoon")
    predict.main(None, False, False, True, [])
    out, err = capfd.readouterr()
    assert [line.split("\t")[2] for line in out.splitlines()] == ["good", "", "", "moon"]
    assert err.splitlines() == [
        "predict.py: warning: skipped line 2: not UTF-8 at byte 2",
        f"predict.py: warning: skipped line 3: longer than {CHUNK:,} bytes",
    ]


def test_lines_are_counted_over_chunks():
    chunks = decode([[b"good"] * 10, [b"good", b"\xff"]], "line", None)
    assert [len(next(chunks)), len(next(chunks))] == [10, 1]
    with pytest.raises(InputError, match="line 12: not UTF-8"):
        next(chunks)


@pytest.mark.parametrize("name", ["stdin", "stdout"])
def test_a_closed_stream_is_named(project, monkeypatch, name):
    monkeypatch.setattr(sys, name, None)  # as Python sets it
    stream = {"stdin": "input", "stdout": "output"}[name]
    with pytest.raises(InputError, match=f"^standard {stream} is closed"):
        predict.main(None, False, False, False, [])


def test_json_lines_have_no_control_characters(project, capfd):
    line = classify(capfd, "moon \x9b2J caf\xe9", json=True)
    assert "\\u009b" in line and line[:-1].isprintable() and json.loads(line)["headline"] == "moon \x9b2J caf\xe9"
    assert "caf\xe9" in classify(capfd, "caf\xe9", json=True)


def test_a_bad_argument_is_named(project):
    with pytest.raises(InputError, match="argument 2: not UTF-8 at byte 1"):
        predict.main(None, False, False, False, ["good", os.fsdecode(b"\xff")])


def test_an_unknown_model_is_refused_with_the_known_names(project):
    with pytest.raises(InputError, match=r"models/none.pt: no such model, the folder has other, tiny;"):
        predict.main("none", False, False, False, ["good"])


def test_without_a_selected_variant_a_model_must_be_named(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "PROJECT", tmp_path)
    with pytest.raises(InputError, match="metrics/selected.json: no such file; `dvc repro` writes it, or name a model"):
        predict.main(None, False, False, False, ["good"])


def test_the_selected_model_is_used_unless_another_is_named(project, capfd):
    for name in ("other", "elsewhere"):
        save_model(project / f"models/{name}.pt", replace(tiny_model(), classes=[name, name]))
    for model in (None, "other", str(project / "models/elsewhere.pt")):
        predict.main(model, False, False, False, ["good"])
    labels = [line.split("\t")[1] for line in capfd.readouterr().out.splitlines()]
    assert labels == ["sarcastic", "other", "elsewhere"]


@pytest.mark.parametrize("no_colour", ["", "1"])
def test_a_terminal_gets_a_table_in_colour_unless_disabled(project, monkeypatch, no_colour):
    monkeypatch.setenv("NO_COLOR", no_colour)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", terminal)
        predict.main(None, False, True, False, ["bad zorp\033[2J", " "])
        shown = ""
        while shown.count("\r\n") < 4:
            shown += os.read(ours, 10_000).decode()
    os.close(ours)
    header, row, importance, empty, end = shown.split("\r\n")
    assert header == "probability  predicted label  headline"
    # truncated to `bad zorp ESC [`, with a mean of 4 / 4; ESC, which could clear the screen, is shown as a blank
    assert row.startswith("      0.500  not sarcastic    bad zorp [2J")
    assert "(unknown: zorp,  , [, 2j)" in row
    assert ("\033[33mbad +" in importance, "\033" in shown) == ((False, False) if no_colour else (True, True))
    assert empty.strip() == end == ""


def test_the_class_names_are_those_of_the_model(project, capfd, monkeypatch):
    named = replace(tiny_model(), classes=["HuffPost", "The Onion, a newspaper"])
    monkeypatch.setattr(predict, "load", lambda name: named)
    found = [json.loads(line)["predicted_label"] for line in classify(capfd, "bad", "zorp", "", json=True).splitlines()]
    assert found == ["The Onion, a newspaper", "HuffPost", None]
    (good,) = predict.classify(named, ["good"], True)
    width = len("The Onion, a newspaper")
    row, importance = to_row(good, width, colour=False).splitlines()
    assert header(width).index("headline") == row.index("good") == importance.index("good") == 37


def test_lines_come_as_they_are_written():
    reading, writing = os.pipe()
    chunks = line_chunks(reading)
    os.write(writing, b"one\ntw")
    assert next(chunks) == [b"one"]
    os.write(writing, b"o\n\n")
    assert next(chunks) == [b"two", b""]
    os.write(writing, b"three")
    os.close(writing)
    assert list(chunks) == [[b"three"]]
    os.close(reading)


def test_a_long_input_takes_no_more_memory_than_a_few_chunks():
    reading, writing = os.pipe()
    lines = b"granny starting to fear spiders in the garden might be real\n" * 1000

    def write():
        with os.fdopen(writing, "wb") as file:
            for _ in range(400):  # 24 MB
                file.write(lines)

    writer = threading.Thread(target=write)
    writer.start()
    tracemalloc.start()
    assert sum(len(chunk) for chunk in line_chunks(reading)) == 400_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    writer.join()
    os.close(reading)
    assert peak < 10 * CHUNK


@pytest.fixture
def script(project):
    """A copy of predict.py that belongs to the project."""
    stages = shutil.copytree(STAGE.parent, project / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    return stages / STAGE.name


@pytest.mark.slow
def test_the_process_streams_and_ends_without_an_error(script):
    command = [sys.executable, script]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdin.write("good\n")
        process.stdin.flush()
        assert process.stdout.readline().endswith("\tsarcastic\tgood\t\n")
        process.stdout.close()  # as `| head -1` does
        process.stdin.write("bad\n")
        process.stdin.flush()
        assert process.wait() != 0
        assert process.stderr.read() == ""


@pytest.mark.slow
def test_the_process_fails_in_one_line(script):
    done = subprocess.run([sys.executable, script, "--model", "x", "good"], capture_output=True, text=True, cwd="/")
    assert (done.returncode, done.stdout) == (1, "")
    path = script.parent.parent / "models/x.pt"
    message = "no such model, the folder has other, tiny; `dvc repro` trains them"
    assert done.stderr == f"predict.py: {path}: {message}\n"


@pytest.mark.slow
def test_starting_loads_no_library_for_tables_figures_or_parameters():
    check = "import sys, predict; print({'pandas', 'sklearn', 'matplotlib', 'pydantic', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], cwd=STAGE.parent, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
