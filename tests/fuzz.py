"""Properties that take too long for the suite: any text in the report, any valid parameters in the pipeline.

`make fuzz` runs them and the properties of the suite, each for its share of FUZZ_MINUTES, see conftest.py.
"""

import gzip
import json
import shutil
import zipfile

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from tests.project import make, params, run_stage, vectors, write_params
from tests.results.test_report import write_inputs, write_report
from tests.text.test_corpus import FILES, Headline

from sarcasm.base.params import read_params

NAMES = st.text("abcdefgh_0", min_size=1, max_size=6).map("n{}".format)
COUNTS = st.integers(1, 4)
VARIANTS, RUNS = ["tfidf", "variant_1", "variant_2"], ["tfidf", "variant_1-1", "variant_2-1"]
PROBABILITIES = st.just(0) | st.floats(0, 0.99)
TEXTS = st.text(min_size=1)
CLASS = st.text(min_size=1, max_size=30).filter(lambda name: name.isprintable() and name.strip())
CLASSES = st.lists(CLASS, min_size=2, max_size=2, unique=True)
WORDS = st.sampled_from("moon wins senate votes on budget mayor's 1984 <b>again</b> &amp; na\u00efve !".split())
SENTENCES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join) | TEXTS.filter(str.strip)
HEADLINES = st.lists(st.builds(Headline, SENTENCES, st.integers(0, 1)), min_size=12, max_size=30)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("report"))


def write(path, table):
    path.write_text(table.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="")


def elements(page):
    """Return the kinds of elements of a page but its charts, with the names of their attributes."""
    soup = BeautifulSoup(page, "html.parser")
    for chart in soup.select("svg"):  # whose labels have as many lines as a class name needs
        chart.clear()
    return {(element.name, *element.attrs) for element in soup.find_all(True)}


@given(texts=st.lists(TEXTS, min_size=1, max_size=3), words=st.lists(TEXTS, max_size=3), classes=CLASSES)
def test_any_text_in_the_report_is_text(report, texts, words, classes):
    def page(texts, words, classes):
        document = read_params(report / "params.yaml").model_dump()
        document["corpus"] |= {"classes": classes, "label": texts[0]}
        write_params(report, document)
        write(report / "plots/sentences.csv", pd.DataFrame({"sentence": texts} | dict.fromkeys(VARIANTS, 0.25)))
        write(report / "plots/missing_words.csv", pd.DataFrame({"word": words, "count": 2}))
        table = {"headline": [*texts, "x"], "label": [0] * len(texts) + [1]} | dict.fromkeys(RUNS, 0.75)
        write(report / "data/predictions.csv", pd.DataFrame(table))
        error = {"label": 0, "probability": 0.75}
        listed = [error | {"headline": text, "importance": [(text, 2.5)]} for text in texts]
        (report / "data/page/errors.json").write_text(json.dumps({"count": len(texts), "listed": listed}))
        return write_report(report)

    html = page(texts, words, classes)
    soup = BeautifulSoup(html, "html.parser")
    shown = [text if len(text) <= 300 else f"{text[:299]}…" for text in texts]
    lines = [text.replace("\r\n", "\n").replace("\r", "\n") for text in shown]
    assert [cell.text for cell in soup.select("#sentences th.text bdi, #errors th.text bdi")] == lines * 2
    assert elements(html) == elements(page(["a"] * len(texts), ["a"] * len(words), ["a", "b"]))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make(tmp_path_factory.mktemp("pipeline"))


@st.composite
def documents(draw):
    """Draw valid parameters, which may be too much for the corpus, as the content of params.yaml."""
    document = params()
    sizes = st.tuples(st.integers(2, 9), st.integers(1, 4), st.integers(0, 4)) | st.tuples(
        st.floats(0.1, 0.6), st.floats(0.1, 0.2), st.floats(0, 0.2)
    )
    document["split"] = dict(zip(("train", "validation", "test"), draw(sizes), strict=True)) | {
        "seed": draw(st.none() | COUNTS),
        "drop_duplicates": draw(st.booleans()),
    }
    vocabulary = {
        "tokenizer": st.sampled_from(["stripped", "glove", "full"]),
        "size": st.integers(3, 30) | st.just(10_000_000),
        "max_length": st.integers(1, 9) | st.just(1000),
    }
    pretrained = {"pretrained_words": st.integers(0, 50)}
    document["vocabularies"] = {
        "plain": draw(st.fixed_dictionaries(vocabulary)),
        "glove": draw(st.fixed_dictionaries(vocabulary | pretrained)),
    }
    document["glove"]["seed"] = draw(COUNTS)
    document["baseline"] = {
        "ngrams": draw(st.integers(1, 3)),
        "c": draw(st.lists(st.floats(0.01, 100), min_size=1, max_size=2)),
    }
    network = {
        "cell": st.sampled_from(["lstm", "gru", "rnn"]),
        "layers": st.integers(0, 3),
        "bidirectional": st.booleans(),
        "hidden_size": COUNTS,
        "dropout": st.fixed_dictionaries(dict.fromkeys(document["variants"]["lstm"]["dropout"], PROBABILITIES)),
        "learning_rate": st.floats(1e-8, 1),
    }
    wide = {"buckets": COUNTS, "dropout": PROBABILITIES, "learning_rate": st.floats(1e-8, 1)}
    training = {
        "epochs": COUNTS,
        "batch_size": COUNTS,
        "checkpoint": st.sampled_from(["best", "last"]),
        "embedding_learning_rate": st.floats(1e-8, 1),
        "warm_up": PROBABILITIES,
        "r_drop": st.floats(0, 2),
    }
    more = {"wide": st.fixed_dictionaries(wide), "training": st.fixed_dictionaries({}, optional=training)}
    learned = st.fixed_dictionaries({"embedding_dimension": COUNTS, **network}, optional=more)
    more |= {"extra_vectors": st.booleans()}
    frozen = st.fixed_dictionaries({"frozen": st.booleans(), **network}, optional=more)
    document["variants"] = draw(st.dictionaries(NAMES.map("a{}".format), learned, min_size=1, max_size=2))
    document["glove_variants"] = draw(st.dictionaries(NAMES.map("b{}".format), frozen, min_size=1, max_size=2))
    document["train"] |= {
        "epochs": draw(COUNTS),
        "seeds": draw(st.lists(COUNTS, min_size=1, max_size=2, unique=True)),
        "batch_size": draw(COUNTS | st.just(1_000_000)),
        "batching": draw(st.sampled_from(["bucketed", "padded"])),
        "checkpoint": draw(st.sampled_from(["best", "last"])),
    }
    document["evaluate"] = {
        "resamples": draw(COUNTS),
        "seed": draw(COUNTS),
        "sentences": draw(st.lists(TEXTS, max_size=2)),
    }
    return document


def runs(document):
    """Return the names of the trained networks."""
    names = [*document["variants"], *document["glove_variants"]]
    return [f"{name}-{seed}" for name in names for seed in document["train"]["seeds"]]


def stages(document):
    """Yield the stages of the pipeline in order, each with its argument."""
    yield from (["check_params"], ["download_corpus"], ["split_corpus"])
    yield from (["download_vectors", name] for name in ("glove", "extra_vectors"))
    yield from (["tokenize_corpus", name] for name in document["vocabularies"])
    yield from (["glove_coverage"], ["train_baseline"])
    yield from (["train", *run.split("-")] for run in runs(document))
    yield from (["evaluate"], ["draw_figures"], ["prepare_page"], ["write_report"])


@given(document=documents(), headlines=HEADLINES, file=st.sampled_from(FILES), packed=st.booleans(), data=st.data())
def test_the_pipeline_runs_or_is_refused_in_one_line(project, document, headlines, file, packed, data):
    for name in ("data/raw", "data/split", "data/tokenized", "metrics", "models", "plots"):
        shutil.rmtree(project / name, ignore_errors=True)
    suffix, form = file
    corpus = form(headlines).encode()
    corpus, suffix = (gzip.compress(corpus), f"{suffix}.gz") if packed else (corpus, suffix)
    (project / f"corpus{suffix}").write_bytes(corpus)
    document["corpus"] |= {"source": f"corpus{suffix}", "positive": data.draw(st.sampled_from([None, 0, "1"]))}
    source = data.draw(st.sampled_from(["vectors.txt", "vectors.zip", "bundled"]))
    dimension = 100 if source == "bundled" else data.draw(st.sampled_from([2, 100]))
    with zipfile.ZipFile(project / "vectors.zip", "w") as archive:
        archive.writestr("vectors.txt", vectors(dimension))
    (project / "vectors.txt").write_text(vectors(dimension))
    document["glove"] |= {"source": source, "dimension": dimension}
    write_params(project, document)
    for name, *arguments in stages(document):
        try:
            run_stage(project, name, *arguments)
        except SystemExit as ended:
            assert str(ended.code).startswith(f"{name}.py: ") and len(str(ended.code).splitlines()) == 1
            break
    else:
        predictions = pd.read_csv(project / "data/predictions.csv", lineterminator="\n")
        assert list(predictions)[2:] == ["tfidf", *runs(document)]
        counts = json.loads((project / "metrics/corpus.json").read_text())
        assert len(predictions) == counts.get("test", counts["validation"])["headlines"]
    assert not list(project.rglob(".*.tmp"))
