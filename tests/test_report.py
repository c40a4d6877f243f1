"""The text of the report: of the small project, with headlines, words and names by strangers."""

import json
import os
import re
import shutil
import subprocess
import sys

from report import describe_variant, interval_scale, signed, source_name, suggest_headlines
from sarcasm.params import read_yaml
from sarcasm.stage import read_json, write_json
from sarcasm.tables import read_table

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from tests.project import ROOT, run_stage, write_params

CLASSES = ["<b>$HuffPost", "Onion$ & Clickhole, satire"]
NETWORKS = ["lstm", "stacked_lstm_dropout", "wide_bi_lstm"]
TEXTS = ["<script>alert(1)</script>", '"><img src=x>', "null", "007", "a\rb\nc", "{{ 7 * 7 }} \u202e", "unbroken" * 40]


def rewrite(path, texts, **columns):
    """Set columns of a CSV file, in the first rows if there are fewer values."""
    table = read_table(path, texts)
    for name, values in columns.items():
        table[name] = [*values, *table[name][len(values) :]] if isinstance(values, list) else values
    path.write_text(table.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="")


@pytest.fixture(scope="module")
def folder(small_base, tmp_path_factory):
    """The small project, with texts of strangers; lstm has the lowest validation loss, tfidf the highest accuracy."""
    folder = shutil.copytree(small_base, tmp_path_factory.mktemp("report") / "project")
    document = read_yaml(folder / "params.yaml", comments=True)
    document["corpus"] |= {"source": "/home/someone/<i>mine.csv", "classes": CLASSES}
    document["vectors"]["source"] = "https://example.org/vectors.zip?part=secret"
    write_params(folder, document)
    rewrite(folder / "data/predictions.csv", "headline", headline=TEXTS, label=[1, 0, 1, 0, 1, 0, 1])
    rewrite(folder / "data/predictions.csv", "headline", **{"tfidf": [0.99] * 7, "lstm-1": [0.01] * 7})  # disagreements
    rewrite(folder / "plots/sentences.csv", "sentence", sentence=["<b>bold</b>", "1984"])
    (folder / "plots/missing_words.csv").write_text("word,count\n<u>,2000\nnull,1\n00,1\n")
    scores = {"validation_loss": [0.5, 0.3, 0.4, 0.6], "accuracy": [0.9, 0.5, 0.8, 0.7], "roc_auc": [0.7, np.nan]}
    scores |= {"difference_low": [np.nan, 0.05, -0.1, -0.2], "difference_high": [np.nan, 0.2, 0.1, -0.1]}
    rewrite(folder / "metrics/evaluation.csv", "variant", **scores, overfit_epoch=[np.nan, 1, np.nan, np.nan])
    rewrite(folder / "metrics/differences.csv", "variant", difference=0.1, low=[0.05, *[-0.1] * 5], high=0.2)
    write_json(folder / "metrics/selected.json", {"variant": "lstm", "run": "lstm-1", "validation_loss": 0.3})
    page = read_json(folder / "data/page.json")
    page["shared"] = [[*part, "</script>"] if isinstance(part, list) else part for part in page["shared"]]
    error = {"headline": TEXTS[0], "label": 1, "probability": 0.01, "importance": [("<u>word</u>", 2.5), ("x", -1000)]}
    write_json(folder / "data/page.json", page | {"errors": {"count": 10, "listed": [error]}})
    run_stage(folder, "report")
    return folder


@pytest.fixture(scope="module")
def soup(folder):
    return BeautifulSoup((folder / "plots/report.html").read_bytes(), "html.parser")


def test_texts_of_strangers_are_escaped(soup):
    shown = {cell.text for cell in soup.select("th.text bdi")}
    assert {*TEXTS[:6], f"{TEXTS[6][:299]}…", "<b>bold</b>", "1984"} <= shown
    assert [word.text for word in soup.select(".words bdi")] == ["<u>", "null", "00"]
    assert len(soup.select("script")) == 2 and not soup.select("img, main u, tbody th b")
    assert json.loads(soup.select_one("#data").text)["classes"] == CLASSES


def test_the_class_names_are_those_of_the_parameters(soup):
    negative, positive = CLASSES
    assert "sarcas" not in soup.main.text.replace("label: is_sarcastic", "")
    assert soup.h1.text == f"Is a headline {positive}?"
    headings = [cell.text for cell in soup.select("#confusion thead th")[1:]]
    assert headings == [f"{x}, predicted {y}" for x in (positive, negative) for y in (positive, negative)]
    assert f"fraction {positive}" in [text.text for text in soup.select("#thresholds svg text")]
    assert {row.select_one("td").text for row in soup.select("#disagreements tbody tr")} == set(CLASSES)


def test_the_page_has_no_external_resources_and_hides_paths_and_credentials(folder, soup):
    html = (folder / "plots/report.html").read_text(encoding="utf-8")
    assert "://" not in html and "@import" not in html and not soup.select("[src]")
    assert [link["href"][1:] for link in soup.select("a")] == [section["id"] for section in soup.select("section")[1:]]
    assert "default-src 'none'" in soup.select_one("meta[http-equiv]")["content"]
    assert not re.search("home|someone|secret|example", html)
    shown = soup.select_one("#run pre").text
    assert "source: <i>mine.csv\n" in shown and "source: vectors.zip\n" in shown and "learning_rate: 0.001" in shown


def test_the_scores_are_those_of_the_evaluation(soup):
    table = soup.select_one("#scores .sortable")
    cells = pd.DataFrame([row.select("th, td") for row in table.select("tbody tr")], columns=table.select("thead th"))
    shown = cells.map(lambda cell: cell.text).rename(columns=lambda cell: cell.text).set_index("variant")
    assert list(shown.index) == ["lstm", "stacked_lstm_dropout", "tfidf", "wide_bi_lstm"]  # lowest loss first
    assert list(shown["validation loss"]) == ["0.300", "0.400", "0.500", "0.600"]
    assert shown["ROC AUC"]["lstm"] == "undefined"
    assert [accuracy[:6] for accuracy in shown["test accuracy"]] == ["0.500 ", "0.800 ", "0.900 ", "0.700 "]
    assert list(shown["overfitting onset"]) == ["1", "never", "", "never"]  # the baseline has no epochs
    assert [row.th.text for row in table.select(".selected")] == ["lstm"]
    assert [row.th.text for row in table.select("tr:has(.significant)")] == ["lstm", "wide_bi_lstm"]
    rows = [[cell.text for cell in row.select("th, td")] for row in soup.select(".differences tbody tr")]
    assert rows[1] == ["tfidf", "+0.100 +0.050 to +0.200", "+0.100 −0.100 to +0.200", ""]  # a column minus a row
    assert rows[2][-1] == "−0.100 −0.200 to +0.100"  # tfidf minus wide_bi_lstm
    assert [cell.text for cell in soup.select(".differences .significant")] == [rows[1][1]]


def test_the_errors_of_the_selected_variant_are_listed(soup):
    errors = soup.select_one("#errors")
    assert errors.strong.text == "lstm-1" and "lowest validation loss, 0.300" in errors.text
    assert [cell.text for cell in errors.select("tbody td")] == [CLASSES[1], "0.010"]
    tints = {word.text: word["style"] for word in errors.select(".word")}
    assert tints == {"<u>word</u>+2.5": "--p: 0.924", "x−1000.0": "--p: 0.000"}


def test_charts_have_a_title_and_a_description_and_ids_are_unique(soup):
    charts = soup.select("svg.chart")
    assert len(charts) == 3 + 3
    for chart in charts:
        title, description = (soup.find(id=name) for name in chart["aria-labelledby"].split())
        assert chart["role"] == "img" and title.text and len(description.text) > 40
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))


def test_several_seeds_no_test_split_and_no_sentences(small_project):
    document = read_yaml(small_project / "params.yaml", comments=True)
    document["train"]["seeds"] = [1, 2]
    write_params(small_project, document)
    for name in NETWORKS:
        shutil.copy(small_project / f"plots/history/{name}-1.csv", small_project / f"plots/history/{name}-2.csv")
    rewrite(small_project / "data/predictions.csv", "headline", **{f"{name}-2": 0.75 for name in NETWORKS})
    deviations = {"seeds": 2, "accuracy_sd": [np.nan, 0.01, 0.01, 0.01], "ensemble_accuracy": [np.nan, 0.5, 0.5, 0.5]}
    rewrite(small_project / "metrics/evaluation.csv", "variant", split="validation", **deviations)
    (small_project / "plots/sentences.csv").write_text(f"sentence,tfidf,{','.join(NETWORKS)}\n")
    run_stage(small_project, "report")
    page = BeautifulSoup((small_project / "plots/report.html").read_bytes(), "html.parser")
    assert page.select_one(".lead").text.startswith("3 networks with 2 seeds each and a")
    assert "no test split" in page.select_one(".notice").text
    _, accuracy, _, ensemble = page.select("#scores .sortable tbody tr")[1].select("td")[:4]
    assert " ± 0.010 " in accuracy.text and ensemble.text == "0.500"
    headings = [cell.text for cell in page.select("#scores .sortable th[data-better]")]
    assert "loss" not in headings and headings.count("validation accuracy") == 1  # the same as other columns
    assert len(page.select("#history-lstm-title ~ svg polyline")) == 2 * 2 * 2
    assert page.select_one("#sentences").text.strip().endswith("There are none.")


def test_suggested_headlines_are_confident_and_correct_of_each_class_and_then_a_doubtful_one():
    texts, labels = pd.Series(list("abcdef")), pd.Series([1, 0, 1, 0, 1, 0])
    assert suggest_headlines(texts, labels, pd.Series([0.7, 0.2, 0.9, 0.99, 0.52, 0.1])) == ["c", "f", "e"]
    assert suggest_headlines(texts, labels, pd.Series([0.1, 0.1, 0.2, 0.3, 0.4, 0.2])) == ["b", "e"]  # one class


def test_names_and_scales():
    assert [signed(x) for x in (0.25, -0.25, -0.0004)] == ["+0.250", "−0.250", "0.000"]
    assert [source_name(known) for known in ("bundled", "glove.6B")] == ["bundled", "glove.6B"]
    assert source_name("../data/mine.csv") == source_name("C:\\Users\\me\\mine.csv") == "mine.csv"
    assert source_name("https://me:secret@example.org/a/mine.csv?token=secret#part") == "mine.csv"
    assert describe_variant({"layers": 2, "dropout": {"embedding": 0.2}}) == "layers: 2, dropout: {embedding: 0.2}"
    intervals = pd.DataFrame({"accuracy_ci_low": [0.592, 0.7], "accuracy_ci_high": [0.7, 0.846]})
    assert interval_scale(intervals) == pytest.approx((0.55, 0.85))
    assert interval_scale(intervals * 0 + 1) == (0, 1)  # one point


@pytest.mark.slow
def test_equal_inputs_give_equal_bytes_in_another_process_folder_and_time_zone(folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other")
    environment = os.environ | {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1"}
    subprocess.run([sys.executable, ROOT / "stages/report.py"], cwd=other, env=environment, check=True)
    for path in (folder / "plots").glob("*.*"):
        assert (other / "plots" / path.name).read_bytes() == path.read_bytes()
