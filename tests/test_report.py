"""The report of small results made by hand, as text and in a browser."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from tests.browser import PROGRAM, open_tab
from tests.project import refusal, run_stage

from sarcasm.params import read_params
from sarcasm.report import describe_network, interval_scale, source_name

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "stages/write_report.py"
SECTIONS = ["run", "variants", "curves", "coverage", "calibration", "sentences", "wrong", "disputed"]
OUTLANDISH = [
    ("<script>alert(1)</script>", 1),
    ('"><img src=x onerror=alert(1)>', 0),
    ("null", 1),
    ("a return\rin a line\nand another", 0),
    ("rtl \u202e override, caf\u00e9 \U0001f600", 1),
    ("{{ 7 * 7 }} {% raw %}", 0),
    ("unbroken" * 40, 1),
]
HEADLINES = OUTLANDISH + [(f"headline {number}", number % 2) for number in range(33)]


def write_inputs(folder: Path, variants: int = 3, split: str = "test", **change) -> Path:
    """Write what the stage reads; `change` sets columns of the evaluation."""
    draw = np.random.default_rng(0)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["variants"] = {f"variant_{number}": params["variants"]["bi_lstm"] for number in range(variants)}
    params["corpus"]["source"] = "/home/someone/<i>mine.csv"
    params["glove"]["source"] = "https://me:secret@example.org/vectors.zip?token=secret"
    names = list(params["variants"])
    labels = [label for _, label in HEADLINES]
    predictions = pd.DataFrame(HEADLINES, columns=["headline", "label"])
    for name in names:
        predictions[name] = draw.uniform(0.02, 0.98, len(HEADLINES)).round(6)
        predictions.loc[: len(OUTLANDISH) - 1, name] = [0.99 - 0.98 * label for _, label in OUTLANDISH]  # most wrong
    called = predictions[names].to_numpy() > 0.5
    epochs = np.arange(1, 6)
    evaluation = pd.DataFrame(
        {
            "variant": names,
            "parameters": 21537,
            "trainable": 21537,
            "epoch_kept": 4,
            "validation_loss": draw.uniform(0.4, 0.6, variants).round(4),
            "parted_at": pd.array([pd.NA] * variants, dtype="Int64"),
            "split": split,
            "headlines": len(HEADLINES),
            "accuracy": (called == np.array(labels)[:, None]).mean(axis=0).round(4),
            "low": 0.25,
            "high": 0.95,
            **{score: draw.uniform(0, 1, variants).round(4) for score in ("loss", "f1", "auc", "brier")},
            **{score: draw.uniform(0, 1, variants).round(4) for score in ("precision", "recall")},
            **{count: 10 for count in ("true_negatives", "false_positives", "false_negatives", "true_positives")},
            **change,
        }
    )
    counts = {"headlines": 40, "sarcastic": 0.5, "seen": 3, "seen_share": 0.075}
    share = {"words": 100, "found": 90, "types": 0.9, "tokens": 0.95}
    words = {"size": 100, "words": 150, "tokens_per_headline": 9.5, "unknown_share": 0.1}
    texts = {
        "params.yaml": yaml.safe_dump(params, sort_keys=False),
        "data/raw/headlines.jsonl": "headlines",
        "data/raw/glove.txt.gz": "vectors",
        "metrics/corpus.json": json.dumps(dict.fromkeys(["train", "validation", split], counts)),
        "metrics/coverage.json": json.dumps({"size_2000": share, "all_words": share}),
        **{f"metrics/vocabulary/{name}.json": json.dumps(words) for name in params["vocabularies"]},
    }
    history = {"epoch": epochs, "train_loss": 0.7 / epochs, "train_accuracy": 0.5 + epochs / 20}
    history |= {"validation_loss": 0.8 / epochs, "validation_accuracy": 0.5 + epochs / 30}
    sentences = pd.DataFrame({"sentence": ["<b>bold</b>", "null"]}).assign(**dict.fromkeys(names, 0.25))
    tables = {
        "data/predictions.csv": predictions,
        "metrics/evaluation.csv": evaluation,
        "plots/coverage.csv": pd.DataFrame([share, share | {"words": 1000, "found": 800, "types": 0.8}]),
        "plots/missing_words.csv": pd.DataFrame({"word": ["<u>", "null"], "count": [2000, 1]}),
        "plots/sentences.csv": sentences,
        **{f"plots/history/{name}.csv": pd.DataFrame(history) for name in names},
    }
    texts |= {path: table.to_csv(index=False, lineterminator="\n") for path, table in tables.items()}
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    return folder


def write_report(folder: Path) -> str:
    run_stage(folder, "write_report")
    return (folder / "plots/report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Inputs in which the best by test accuracy is not the best by validation loss, and one AUC is undefined."""
    columns = {"validation_loss": [0.5, 0.3, 0.4], "accuracy": [0.9, 0.5, 0.8], "auc": [0.7, np.nan, 0.8]}
    return write_inputs(tmp_path_factory.mktemp("report"), **columns)


@pytest.fixture(scope="module")
def page(folder) -> str:
    return write_report(folder)


@pytest.fixture(scope="module")
def soup(page) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def test_texts_from_outside_are_shown_and_never_markup(soup):
    shown = {cell.text for cell in soup.select("th.text bdi")}
    expected = {text if len(text) <= 300 else f"{text[:299]}…" for text, _ in OUTLANDISH}
    assert {text.replace("\r", "\n") for text in expected} | {"<b>bold</b>", "null"} <= shown
    assert {"<u>", "null"} == {word.text for word in soup.select(".words bdi")}
    assert len(soup.select("script")) == 1 and not soup.select("img, main u, tbody th b, td.left > i")


def test_the_page_needs_nothing_beside_itself(page, soup):
    assert len(page.encode()) < 3_000_000
    assert "://" not in page and "@import" not in page and not soup.select("[src]")
    assert {link["href"] for link in soup.select("link, a[href]")} == {"data:,"} | {f"#{name}" for name in SECTIONS}


def test_no_path_and_no_secret_of_the_machine_is_told(page, soup):
    assert not re.search("home|someone|secret|token=|example", page)
    sources = [row.select("td")[0].text for row in soup.select("tr:has(.hash)")]
    assert sources == ["<i>mine.csv", "vectors.zip"]


def test_sections_stand_in_their_order_under_one_heading(soup):
    assert [section["id"] for section in soup.select("section")] == SECTIONS
    assert len(soup.select("h1")) == 1
    assert all(section.find("h2") for section in soup.select("section"))


def test_checksums_versions_and_parameters_are_told(soup):
    shown = soup.select_one("#run").text
    assert all(hashlib.sha256(text).hexdigest() in shown for text in (b"headlines", b"vectors"))
    assert f"pandas {pd.__version__}" in shown and "Python 3." in shown
    assert "learning_rate: 0.001" in shown


def test_the_table_has_the_numbers_of_the_evaluation(folder, soup):
    evaluation = pd.read_csv(folder / "metrics/evaluation.csv", index_col="variant")
    rows = soup.select("#scores tbody tr")
    assert [row.th["data-value"] for row in rows] == list(evaluation.index)
    columns = "accuracy loss f1 auc brier precision recall validation_loss epoch_kept parted_at parameters".split()
    for row, (_, expected) in zip(rows, evaluation.iterrows(), strict=True):
        cells = row.select("td")
        values = [float(cell["data-value"] or "nan") for cell in cells]
        np.testing.assert_array_equal(values, expected[columns].to_numpy(float))
        assert cells[0].text.split("\n")[0].strip() == f"{expected['accuracy']:.3f} (0.250 to 0.950)"
        for cell, name in zip(cells[1:8], columns[1:8], strict=True):
            assert cell.text == ("undefined" if np.isnan(expected[name]) else f"{expected[name]:.3f}")
        assert [cell.text for cell in cells[8:]] == ["4", "never", "21,537"]


def test_the_best_variant_is_that_of_the_lowest_validation_loss(folder, soup):
    assert [row.th["data-value"] for row in soup.select("#scores tr.chosen")] == ["variant_1"]
    wrong = soup.select_one("#wrong")
    assert wrong.strong.text == "variant_1" and "lowest validation loss, 0.300" in wrong.text
    predictions = pd.read_csv(folder / "data/predictions.csv", keep_default_na=False, lineterminator="\n")
    worst = (predictions["variant_1"] - predictions["label"]).abs().idxmax()
    assert wrong.select_one("tbody td:last-child").text == f"{predictions['variant_1'][worst]:.3f}"


def test_figures_are_named_and_no_id_is_there_twice(page, soup):
    figures = soup.select("svg")
    assert len(figures) == 3 + 1 + 3
    for figure in figures:
        title, text = (soup.find(id=name) for name in figure["aria-labelledby"].split())
        assert figure["role"] == "img" and title.text and len(text.text) > 40
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([^")]*)', page)) <= set(ids)


def test_one_variant_without_a_test_split(tmp_path, soup):
    other = BeautifulSoup(write_report(write_inputs(tmp_path, variants=1, split="validation")), "html.parser")
    assert other.select_one(".lead").text.startswith("1 variant, trained on")
    assert "no one to disagree" in other.select_one("#disputed").text
    assert "no test split" in other.select_one(".notice").text and not soup.select(".notice")


def test_a_missing_input_is_one_line(tmp_path):
    (write_inputs(tmp_path) / "plots/sentences.csv").unlink()
    assert refusal(tmp_path, "write_report").endswith("No such file or directory: 'plots/sentences.csv'")


@pytest.mark.slow
def test_bytes_do_not_depend_on_time_place_or_process(tmp_path):
    pages = []
    for seed, zone in [("1", "UTC"), ("2", "Asia/Tokyo")]:
        folder = write_inputs(tmp_path / seed)
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "SOURCE_DATE_EPOCH": seed}
        subprocess.run([sys.executable, SCRIPT], cwd=folder, env=environment, check=True, capture_output=True)
        pages.append((folder / "plots/report.html").read_bytes())
    assert pages[0] == pages[1]


def test_every_template_is_a_dependency_of_the_stage():
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["report"]
    templates = {str(path.relative_to(ROOT)) for path in (ROOT / "stages/sarcasm/page").iterdir()}
    assert templates == {path for path in stage["deps"] if path.startswith("stages/") and not path.endswith(".py")}


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
def test_of_a_source_the_name_alone_is_told(source, name):
    assert source_name(source) == name


@pytest.mark.parametrize(("low", "high", "scale"), [(0.592, 0.846, (0.55, 0.85)), (1.0, 1.0, (0, 1))])
def test_intervals_share_a_scale(low, high, scale):
    assert interval_scale(pd.DataFrame({"low": [low], "high": [high]})) == pytest.approx(scale)


def test_a_network_in_a_line():
    params = read_params(ROOT / "params.yaml")
    lines = {name: describe_network(variant) for name, variant in params.all_variants.items()}
    assert lines["embedding_mean"] == "embedding of 7, mean, rate 0.001"
    assert lines["stacked_lstm_low_rate"] == "embedding of 7, 2 bidirectional LSTM of 24, rate 0.0003"
    assert lines["glove_lstm"] == "GloVe, frozen, 2 LSTM of 16, dropout, rate 0.001"


needs_browser = pytest.mark.skipif(not PROGRAM, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    folder = write_inputs(tmp_path_factory.mktemp("browser"), variants=12, auc=[0.5, np.nan] * 6)
    write_report(folder)
    return folder / "plots/report.html"


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with open_tab(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
def test_the_page_opens_from_disk_at_any_width_and_in_any_light(tab, report, width, scheme):
    tab.show(report, width, scheme)
    asked = {event["request"]["url"].split(":")[0] for event in tab.of("Network.requestWillBeSent")}
    assert asked <= {"file", "data"}
    assert not tab.of("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    sizes = tab.evaluate("[...document.querySelectorAll('svg')].map(s => [s.clientWidth, s.clientHeight])")
    assert report.stat().st_size < 1_000_000
    assert len(sizes) == 25 and all(wide > 150 and 100 < high for wide, high in sizes)
    assert tab.evaluate("[...document.querySelectorAll('svg')].every(s => s.clientWidth <= window.innerWidth)")
    smallest = "Math.min(...[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height))"
    assert tab.evaluate(smallest) > 9  # pixels


@needs_browser
@pytest.mark.slow
def test_text_in_figures_is_in_the_colour_of_the_page(tab, report):
    colours = []
    for scheme in ("light", "dark"):
        tab.show(report, scheme=scheme)
        of_text = "[...new Set([...document.querySelectorAll('svg text')].map(t => getComputedStyle(t).fill))]"
        (text,) = tab.evaluate(of_text)
        assert text == tab.evaluate("getComputedStyle(document.body).color")
        page = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert contrast(text, page) > 7
        muted = tab.evaluate("getComputedStyle(document.querySelector('.muted')).color")
        assert contrast(muted, page) > 4.5
        colours.append((text, page))
    assert colours[0] != colours[1]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours `rgb(r, g, b)`, as WCAG defines it: 1 to 21."""

    def luminance(colour: str) -> float:
        values = np.array([int(value) for value in re.findall(r"\d+", colour)[:3]]) / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, bright = sorted([luminance(one), luminance(other)])
    return (bright + 0.05) / (dark + 0.05)


def column(tab, number: int) -> list[str]:
    return tab.evaluate(f"[...document.querySelectorAll('#scores tbody tr')].map(r => r.cells[{number}].dataset.value)")


def sorting(tab) -> list[str]:
    return tab.evaluate("[...document.querySelectorAll('#scores thead th')].map(h => h.getAttribute('aria-sort'))")


@needs_browser
@pytest.mark.slow
def test_a_click_sorts_by_the_better_end_and_another_turns_it_round(tab, report):
    tab.show(report)
    assert set(sorting(tab)) == {"none"}
    click = "document.querySelectorAll('#scores button')[{}].click()"
    tab.evaluate(click.format(1))
    accuracies = [float(value) for value in column(tab, 1)]
    assert accuracies == sorted(accuracies, reverse=True) and sorting(tab)[1] == "descending"
    tab.evaluate(click.format(1))
    assert [float(value) for value in column(tab, 1)] == sorted(accuracies) and sorting(tab)[1] == "ascending"
    tab.evaluate(click.format(2))
    losses = [float(value) for value in column(tab, 2)]
    assert losses == sorted(losses) and sorting(tab).count("none") == len(sorting(tab)) - 1
    tab.evaluate(click.format(0))
    assert column(tab, 0) == sorted(column(tab, 0))
    tab.evaluate(click.format(4))
    assert column(tab, 4)[6:] == [""] * 6  # undefined stays last either way
    tab.evaluate(click.format(4))
    assert column(tab, 4)[6:] == [""] * 6


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize(("key", "text"), [("Enter", "\r"), (" ", " ")])
def test_the_keyboard_sorts(tab, report, key, text):
    tab.show(report)
    tab.evaluate("document.querySelector('#scores button').focus()")
    tab.press("Tab")
    assert tab.evaluate("document.activeElement.closest('th').cellIndex") == 1
    tab.press(key, text)
    assert sorting(tab)[1] == "descending"
    assert tab.evaluate("document.activeElement.closest('th').cellIndex") == 1
