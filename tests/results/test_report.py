"""The text of the report, from small results made by hand."""

import hashlib
import json
import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from bs4 import BeautifulSoup
from tests.project import ROOT, refusal, run_stage, to_yaml

from prepare_page import pack
from sarcasm.base.params import read_params
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.saved_model import SavedModel
from sarcasm.results.figures import COLOURS
from sarcasm.results.report import COLUMNS, describe_network, interval_scale, source_name
from sarcasm.text.vocabulary import SPECIAL

SECTIONS = "try scores compare curves thresholds calibration coverage sentences errors disagreements run".split()
UNTRUSTED = [
    ("<script>alert(1)</script>", 1),
    ('"><img src=x onerror=alert(1)>', 0),
    ("null", 1),
    ("a return\rin a line\nand another", 0),
    ("rtl \u202e override, caf\u00e9 \U0001f600", 1),
    ("{{ 7 * 7 }} {% raw %}", 0),
    ("unbroken" * 40, 1),
]
CLASSES = ["<b>$HuffPost", "Onion$ & Clickhole, satire"]
HEADLINES = UNTRUSTED + [(f"headline {number}", number % 2) for number in range(33)]


def write_inputs(folder: Path, variants: int = 3, split: str = "test", **change) -> Path:
    """Write the inputs of the stage for a baseline and networks; `change` sets columns of the evaluation."""
    draw = np.random.default_rng(0)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    networks = [f"variant_{number}" for number in range(1, variants)]
    names = ["tfidf", *networks]
    params["variants"] = dict.fromkeys(networks[:-1], params["variants"]["bi_lstm"])
    params["glove_variants"] = {networks[-1]: params["glove_variants"]["glove_lstm"]}
    runs = {name: name if name == "tfidf" else f"{name}-1" for name in names}
    params["corpus"] |= {"source": "/home/someone/<i>mine.csv", "classes": CLASSES}
    params["glove"]["source"] = "https://example.org/vectors.zip?part=secret"
    predictions = pd.DataFrame(HEADLINES, columns=["headline", "label"])
    columns = {}
    for name in names:
        errors = [0.99 - 0.98 * label for _, label in UNTRUSTED]  # the largest, so that they are listed
        columns[runs[name]] = [*errors, *draw.uniform(0.02, 0.98, len(HEADLINES) - len(errors)).round(6)]
    predictions = predictions.join(pd.DataFrame(columns))
    scores = "validation_loss validation_accuracy accuracy loss f1 roc_auc brier precision recall".split()
    counts = "true_negatives", "false_positives", "false_negatives", "true_positives"
    evaluation = pd.DataFrame(
        {
            "variant": names,
            "seeds": 1,
            "parameters": 21537,
            "best_epoch": 4,
            **dict.fromkeys(
                ["validation_loss_sd", "validation_accuracy_sd", "accuracy_sd", "ensemble_accuracy"], np.nan
            ),
            "difference": [np.nan, *[0.1] * (variants - 1)],
            "difference_low": [np.nan, *[-0.05] * (variants - 1)],
            "difference_high": [np.nan, *[0.25] * (variants - 1)],
            "overfit_epoch": pd.array([pd.NA] * variants, dtype="Int64"),
            "split": split,
            "headlines": len(HEADLINES),
            "accuracy_ci_low": 0.25,
            "accuracy_ci_high": 0.95,
            **{score: draw.uniform(0.25, 0.95, variants).round(4) for score in scores},
            **dict.fromkeys(counts, 10),
            **change,
        }
    )
    selected = evaluation.loc[evaluation["validation_loss"].idxmin(), ["variant", "validation_loss"]].to_dict()
    selected["run"] = runs[selected["variant"]]
    errors = predictions[["headline", "label"]].assign(probability=predictions[selected["run"]])
    errors = errors[(errors["probability"] > 0.5) != errors["label"]].to_dict("records")
    errors.sort(key=lambda error: -abs(error["probability"] - 0.5))
    for error in errors:
        error["importance"] = [("<u>word</u>", 2.5), ("other", -1000)]
    pairs = pd.DataFrame(list(combinations(names, 2)), columns=["other", "variant"])
    of_split = {"headlines": 40, "positive_fraction": 0.5, "overlap_with_train": 3}
    coverage = {"types": 100, "found": 90, "type_coverage": 0.9, "token_coverage": 0.95}
    vocabulary = {"size": 100, "types": 150, "tokens_per_headline": 9.5, "unknown_fraction": 0.1}
    texts = {
        "params.yaml": to_yaml(params),
        "data/raw/headlines.jsonl": "headlines",
        "data/raw/glove.txt.gz": "vectors",
        "metrics/selected.json": json.dumps(selected),
        "data/page/errors.json": json.dumps({"count": len(errors), "listed": errors[:15]}),
        "data/page/models.json": json.dumps(models(names)),
        "metrics/corpus.json": json.dumps(dict.fromkeys(["train", "validation", split], of_split)),
        "metrics/coverage.json": json.dumps({"size_2000": coverage, "all_words": coverage}),
        **{f"metrics/vocabulary/{name}.json": json.dumps(vocabulary) for name in params["vocabularies"]},
    }
    history = pd.DataFrame({"epoch": range(1, 6), "train_loss": 0.2, "validation_loss": 0.5})
    history = history.assign(train_accuracy=0.9, validation_accuracy=0.7)
    tables = {
        "data/predictions.csv": predictions,
        "metrics/differences.csv": pairs.assign(difference=0.1, low=[0.05, *[-0.1] * (len(pairs) - 1)], high=0.2),
        "metrics/evaluation.csv": evaluation,
        "plots/coverage.csv": pd.DataFrame([coverage, coverage | {"types": 1000, "found": 800, "type_coverage": 0.8}]),
        "plots/missing_words.csv": pd.DataFrame({"word": ["<u>", "null"], "count": [2000, 1]}),
        "plots/sentences.csv": pd.DataFrame({"sentence": ["<b>bold</b>", "null"], **dict.fromkeys(names, 0.25)}),
        **{f"plots/history/{runs[name]}.csv": history for name in networks},
    }
    texts |= {path: table.to_csv(index=False, lineterminator="\n") for path, table in tables.items()}
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    return folder


def models(names: list[str]) -> dict:
    """Return data/page/models.json: for each variant the same two bidirectional layers, of random weights."""
    words = [*SPECIAL, "</script>", "headline", *(str(number) for number in range(40))]
    dropout = dict.fromkeys(("embedding", "inter_layer", "rnn_output", "linear"), 0)
    network = {"vocabulary_size": len(words), "embedding_dimension": 7, "hidden_size": 24, "dropout": dropout}
    network |= {"cell": "lstm", "layers": 2, "bidirectional": True}
    torch.manual_seed(0)
    weights = HeadlineClassifier(**network).state_dict()
    model = pack(SavedModel("", network, "full", words, 60, True, CLASSES, weights)) | {"vocabulary": "plain"}
    named = [model | {"variant": name} for name in names]
    return {"stop_words": ["the"], "vocabularies": {"plain": words}, "models": named}


def write_report(folder: Path) -> str:
    run_stage(folder, "write_report")
    return (folder / "plots/report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Inputs in which the variant of the highest test accuracy is not selected, and one ROC AUC is undefined."""
    columns = {"validation_loss": [0.5, 0.3, 0.4], "accuracy": [0.9, 0.5, 0.8], "roc_auc": [0.7, np.nan, 0.8]}
    return write_inputs(tmp_path_factory.mktemp("report"), **columns)


@pytest.fixture(scope="module")
def html(folder) -> str:
    return write_report(folder)


@pytest.fixture(scope="module")
def soup(html) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def test_text_from_the_data_is_escaped(soup):
    shown = {cell.text for cell in soup.select("th.text bdi")}
    expected = {text if len(text) <= 300 else f"{text[:299]}…" for text, _ in UNTRUSTED}
    assert {text.replace("\r", "\n") for text in expected} | {"<b>bold</b>", "null"} <= shown
    assert {"<u>", "null"} == {word.text for word in soup.select(".words bdi")}
    assert len(soup.select("script")) == 2 and not soup.select("img, main u, tbody th b, td.left > i")


def test_the_class_names_are_those_of_the_parameters(html, soup):
    negative, positive = CLASSES
    assert "sarcas" not in html.replace("label: is_sarcastic", "")
    assert soup.h1.text == f"Is a headline {positive}?"
    table = soup.select_one("#calibration table")
    assert [cell.text for cell in table.select("th")] == [
        f"predicted {positive}",
        f"predicted {negative}",
        positive,
        negative,
    ]
    chart = soup.select_one("#calibration svg")
    assert f"and fraction {positive} of the headlines" in chart.desc.text
    assert [text.text for text in chart.select("text")][-2:] == ["fraction Onion$ &", "Clickhole, satire"]
    labels = {row.select_one("td").text for row in soup.select("#errors tbody tr, #disagreements tbody tr")}
    assert labels == {negative, positive}
    assert positive in [cell.text for cell in soup.select("#run th")]


def test_the_page_has_no_external_resources(html, soup):
    assert "://" not in html and "@import" not in html and not soup.select("[src]")
    assert {link["href"] for link in soup.select("link, a[href]")} == {"data:,", *(f"#{name}" for name in SECTIONS[1:])}


def test_paths_and_credentials_are_not_shown(html, soup):
    assert not re.search("home|someone|secret|token=|example", html)
    sources = [row.select("td")[0].text for row in soup.select("tr:has(.hash)")]
    assert sources == ["<i>mine.csv", "vectors.zip"]


def test_sections_and_headings(soup):
    assert [section["id"] for section in soup.select("section")] == SECTIONS
    assert [link["href"] for link in soup.select("nav a")] == [f"#{name}" for name in SECTIONS[1:]]
    assert len(soup.select("h1")) == 1
    assert all(section.find("h2") for section in soup.select("section"))


def test_checksums_versions_and_parameters_are_shown(soup):
    shown = soup.select_one("#run").text
    assert all(hashlib.sha256(text).hexdigest() in shown for text in (b"headlines", b"vectors"))
    assert f"pandas {pd.__version__}" in shown and "Python 3." in shown
    assert "learning_rate: 0.001" in shown


def test_the_scores_are_those_of_the_evaluation(folder, soup):
    evaluation = pd.read_csv(folder / "metrics/evaluation.csv", index_col="variant")
    rows = soup.select("#scores .sortable tbody tr")
    assert [row.th["data-value"] for row in rows] == list(evaluation.index)
    for row, (_, expected) in zip(rows, evaluation.iterrows(), strict=True):
        accuracy, difference, *cells = row.select("td")
        shown = "" if np.isnan(expected["difference"]) else "+0.100 (-0.050 to +0.250)"
        assert difference.text == shown
        assert float(accuracy["data-value"]) == expected["accuracy"]
        assert accuracy.text.split("\n")[0].strip() == f"{expected['accuracy']:.3f} (0.250 to 0.950)"
        for cell, column in zip(cells, COLUMNS, strict=True):
            value = expected[column.key]
            np.testing.assert_equal(float(cell["data-value"] or "nan"), float(value))
            constant = {"parameters": "21,537", "best_epoch": "4", "overfit_epoch": "never"}
            score = "undefined" if np.isnan(value) else f"{value:.3f}"
            assert cell.text == constant.get(column.key, score)


def test_the_selected_variant_is_marked_and_its_errors_are_listed(folder, soup):
    assert [row.th["data-value"] for row in soup.select("#scores tr.selected")] == ["variant_1"]
    assert [name.text for name in soup.select(".lead strong")] == ["tfidf", "variant_1"]
    errors = soup.select_one("#errors")
    assert errors.strong.text == "variant_1-1" and "lowest validation loss, 0.300" in errors.text
    predictions = pd.read_csv(folder / "data/predictions.csv", keep_default_na=False, lineterminator="\n")
    largest = (predictions["variant_1-1"] - predictions["label"]).abs().idxmax()
    assert errors.select_one("tbody td:last-child").text == f"{predictions['variant_1-1'][largest]:.3f}"


def test_charts_have_a_title_and_a_description_and_ids_are_unique(html, soup):
    charts = soup.select("svg")
    assert len(charts) == 2 + 2 + 1 + 3
    for chart in charts:
        title, description = (soup.find(id=name) for name in chart["aria-labelledby"].split())
        assert chart["role"] == "img" and title.text and len(description.text) > 40
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([^")]*)', html)) <= set(ids)


def test_differences_that_are_more_than_chance_are_bold(soup):
    rows = soup.select(".differences tbody tr")
    assert [[cell.text for cell in row.select("th, td")] for row in rows] == [
        ["variant_1", "+0.100", ""],
        ["variant_2", "+0.100", "+0.100"],
    ]
    assert [cell.parent["title"] for cell in soup.select(".differences b")] == ["+0.050 to +0.200"]


def test_without_a_test_split(tmp_path, soup):
    other = BeautifulSoup(write_report(write_inputs(tmp_path, split="validation")), "html.parser")
    assert other.select_one(".lead").text.startswith("2 networks and a baseline without a network")
    assert "no test split" in other.select_one(".notice").text and not soup.select(".notice")


def test_texts_that_look_like_numbers_are_shown(tmp_path):
    write_inputs(tmp_path)
    (tmp_path / "plots/sentences.csv").write_text("sentence,tfidf,variant_1,variant_2\n1984,0.25,0.25,0.25\n")
    (tmp_path / "plots/missing_words.csv").write_text("word,count\n00,2\n")
    predictions = tmp_path / "data/predictions.csv"
    predictions.write_text("headline,label,tfidf,variant_1-1,variant_2-1\n007,0,0.7,0.7,0.7\n011,1,0.7,0.7,0.7\n")
    page = BeautifulSoup(write_report(tmp_path), "html.parser")
    assert [word.text for word in page.select(".words bdi")] == ["00"]
    assert "1984" in page.text and "007" in page.text


@pytest.mark.slow
def test_two_hundred_variants_are_shown(tmp_path):
    page = BeautifulSoup(write_report(write_inputs(tmp_path, variants=200)), "html.parser")
    rows = page.select("#scores .sortable tbody tr")
    assert rows[-1].th["data-value"] == "variant_199"
    assert len(page.select("#curves svg")) + 1 == len(page.select("#calibration svg")) == 200
    assert len({row["style"] for row in rows}) == 1 + len(COLOURS)  # the baseline's colour, and those that repeat


def test_a_missing_input_ends_the_stage_with_one_line(tmp_path):
    (write_inputs(tmp_path) / "plots/sentences.csv").unlink()
    assert refusal(tmp_path, "write_report").endswith("No such file or directory: 'plots/sentences.csv'")


@pytest.mark.slow
def test_equal_inputs_give_equal_bytes_in_another_process_folder_and_time_zone(tmp_path):
    pages = []
    for seed, zone in [("1", "UTC"), ("2", "Asia/Tokyo")]:
        folder = write_inputs(tmp_path / seed)
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "SOURCE_DATE_EPOCH": seed}
        command = [sys.executable, ROOT / "stages/write_report.py"]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        pages.append((folder / "plots/report.html").read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("bundled", "bundled"),
        ("glove.6B", "glove.6B"),
        ("../data/mine.csv", "mine.csv"),
        ("C:\\Users\\me\\mine.csv", "mine.csv"),
        ("https://me:secret@example.org/a/mine.csv?token=secret#part", "mine.csv"),
    ],
)
def test_source_name_is_the_last_part_of_a_path_or_address(source, name):
    assert source_name(source) == name


@pytest.mark.parametrize(("low", "high", "scale"), [(0.592, 0.846, (0.55, 0.85)), (1.0, 1.0, (0, 1))])
def test_interval_scale(low, high, scale):
    intervals = pd.DataFrame({"accuracy_ci_low": [low], "accuracy_ci_high": [high]})
    assert interval_scale(intervals) == pytest.approx(scale)


def test_describe_network():
    params = read_params(ROOT / "params.yaml")
    lines = {name: describe_network(variant) for name, variant in params.networks.items()}
    assert lines["embedding_mean"] == "embedding of 7, mean, learning rate 0.001"
    assert lines["stacked_lstm_low_rate"] == "embedding of 7, 2 bidirectional LSTM of 24, learning rate 0.0003"
    assert lines["glove_lstm"] == "GloVe, frozen, 2 LSTM of 16, dropout, learning rate 0.001"
