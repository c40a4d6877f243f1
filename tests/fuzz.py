"""Any valid parameters and headlines in the pipeline, which takes too long for the suite.

`make fuzz` runs this property and those of the suite, each for its share of FUZZ_MINUTES, see conftest.py.
"""

import shutil
import zipfile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.project import make, params, run_stage, vectors, write_params

NAMES = st.text("abcdefgh_0", min_size=1, max_size=6).map("n{}".format)
COUNTS = st.integers(1, 4)
TEXTS = st.text(min_size=1)
WORDS = st.sampled_from("moon wins senate votes on budget mayor's 1984 <b>again</b> &amp; na\u00efve !".split())
SENTENCES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join) | TEXTS.filter(str.strip)
HEADLINES = st.lists(st.tuples(SENTENCES, st.integers(0, 1)), min_size=12, max_size=30)
TRAIN = {
    "epochs": COUNTS,
    "seeds": st.lists(COUNTS, min_size=1, max_size=2, unique=True),
    "batch_size": COUNTS | st.just(1_000_000),
    "batching": st.sampled_from(["bucketed", "padded"]),
    "save_weights": st.sampled_from(["best", "last"]),
}
VOCABULARY = {
    "tokenizer": st.sampled_from(["stripped", "glove", "full"]),
    "size": st.integers(3, 30) | st.just(10_000_000),
    "max_length": st.integers(1, 9) | st.just(1000),
}
NETWORK = {
    "cell": st.sampled_from(["lstm", "gru", "rnn"]),
    "layers": st.integers(0, 3),
    "bidirectional": st.booleans(),
    "hidden_size": COUNTS,
    "wide": st.integers(0, 9),
}
DROPOUT = dict.fromkeys(("embedding", "inter_layer", "rnn_output", "linear"), st.just(0) | st.floats(0, 0.99))


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
    document["vocabularies"] = {name: draw(st.fixed_dictionaries(VOCABULARY)) for name in ("plain", "pretrained")}
    document["baseline"] = {"ngrams": draw(st.integers(1, 3)), "c": [draw(st.floats(0.01, 100))]}
    network = {"learning_rate": st.floats(1e-8, 1)}
    optional = NETWORK | {"dropout": st.fixed_dictionaries({}, optional=DROPOUT)}
    learned = st.fixed_dictionaries(network, optional=optional | {"embedding_dimension": COUNTS})
    pretrained = st.fixed_dictionaries(network, optional=optional | {"frozen": st.booleans()})
    document["variants"] = draw(st.dictionaries(NAMES.map("a{}".format), learned, min_size=1, max_size=2))
    document["pretrained_variants"] = draw(st.dictionaries(NAMES.map("b{}".format), pretrained, min_size=1, max_size=2))
    document["train"] |= draw(st.fixed_dictionaries(TRAIN))
    document["evaluate"] = {"resamples": draw(COUNTS), "sentences": draw(st.lists(TEXTS, max_size=2))}
    return document


def runs(document):
    """Return the names of the trained networks."""
    names = [*document["variants"], *document["pretrained_variants"]]
    return [f"{name}-{seed}" for name in names for seed in document["train"]["seeds"]]


def stages(document):
    """Yield the stages of the pipeline in order, each with its arguments."""
    yield from (["check_and_clean"], ["download_corpus"], ["split_corpus"], ["download_glove"])
    yield from (["tokenize_corpus", name] for name in document["vocabularies"])
    yield from (["glove_coverage"], ["train_baseline"])
    yield from (["train", *run.split("-")] for run in runs(document))
    yield from (["evaluate"], ["report"])


FORMATS = st.sampled_from([".jsonl.gz", ".csv", ".tsv"])
SOURCES = st.sampled_from(["vectors.txt", "vectors.vec", "vectors.zip", "bundled"])


@given(document=documents(), headlines=HEADLINES, suffix=FORMATS, source=SOURCES)
def test_the_pipeline_runs_or_is_refused_in_one_line(project, document, headlines, suffix, source):
    for name in ("data/raw", "data/split", "data/tokenized", "metrics", "models", "plots"):
        shutil.rmtree(project / name, ignore_errors=True)
    table = pd.DataFrame(headlines, columns=["headline", "is_sarcastic"])
    if suffix == ".jsonl.gz":
        table.to_json(project / f"corpus{suffix}", orient="records", lines=True)
    else:
        table.to_csv(project / f"corpus{suffix}", index=False, sep="\t" if suffix == ".tsv" else ",")
    document["corpus"] |= {"source": f"corpus{suffix}"}
    with zipfile.ZipFile(project / "vectors.zip", "w") as archive:
        archive.writestr("vectors.txt", vectors(2))
    (project / "vectors.txt").write_text(vectors(2))
    (project / "vectors.vec").write_text(f"26 2\n{vectors(2)}".replace("\n", " \n"))  # as fastText writes it
    if source != "bundled":
        document["vectors"] |= {"source": source, "dimension": 2}
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
    assert not list(project.rglob(".*.tmp"))
