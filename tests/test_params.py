"""Every wrong value of params.yaml is refused by its key, and `network` completes the variants."""

import copy
import datetime
import math
import re
from contextlib import suppress
from pathlib import Path

from sarcasm.params import check_params, merge, read_yaml
from sarcasm.stage import InputError

import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import YAMLFileCorruptedError, load_yaml, modify_yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.edits import EDITS, JSON, edited
from tests.project import ROOT, refusal, run, write_params

DOCUMENT = read_yaml(ROOT / "params.yaml")
SPLIT = DOCUMENT["split"]
GROUPS = "variants", "pretrained_variants"
LSTM = {"learning_rate": 0.001}
GONE = object()  # instead of a value: the key is removed


def change(key, value):
    """Return the content of params.yaml with one other value."""
    document = copy.deepcopy(DOCUMENT)
    *above, last = key.split(".")
    mapping = document
    for name in above:
        mapping = mapping[name]
    mapping[last] = value
    if value is GONE:
        del mapping[last]
    return document


def check(document):
    return check_params(document, Path("params.yaml"))


def message(document):
    with pytest.raises(InputError) as error:
        check(document)
    return str(error.value).removeprefix("params.yaml: ")


REFUSED = [
    ("train.epoch", [3], "unknown key"),
    ("network.dropouts", [{}], "unknown key"),
    ("variants.lstm.frozen", [True], "unknown key"),  # learned embeddings are always trained
    ("pretrained_variants.pretrained_lstm.embedding_dimension", [7], "unknown key"),  # the vectors have it
    ("variants.lstm.learning_rate", [GONE], "missing"),
    ("train", [None, 3, []], "expected a mapping, found "),
    ("variants.lstm", [None, 3, []], "expected a mapping, found "),
    ("train.epochs", ["3", 3.0, True, None], "expected a valid integer, found "),
    ("network.bidirectional", ["yes", 1, None], "expected a valid boolean, found "),
    ("corpus.text", [3, None], "expected a valid string, found "),
    ("variants.lstm.learning_rate", ["1e-3", True], "expected a valid number, found "),
    ("corpus.positive", ["", [], datetime.date(2020, 1, 1)], "expected a text, a number or a boolean, found "),
    ("variants", [{}], "expected at least one variant, found {}"),
    ("pretrained_variants", [{}], "expected at least one variant, found {}"),
    ("train.batch_size", [0, -1], "expected greater than or equal to 1, found "),
    ("train.epochs", [1_000_001], "expected less than or equal to 1000000, found 1000001"),
    ("vectors.seed", [2**32], "expected less than 4294967296, found 4294967296"),
    ("network.dropout.linear", [-0.1], "expected greater than or equal to 0, found "),
    ("network.dropout.linear", [1, math.nan], "expected less than 1, found "),
    ("variants.lstm.learning_rate", [0, -1], "expected greater than 0, found "),
    ("corpus.source", [""], "String should have at least 1 character, found ''"),
    ("corpus.source", ["a\033[2J", "https://host/a\n"], "expected printable characters"),
    ("corpus.sha256", ["abc", "A" * 64], "expected 64 lower-case hexadecimal digits, found "),
    ("train.device", ["gpu", "CPU"], "expected 'auto', 'cpu' or 'cuda', found "),
    ("corpus.classes", [["a"], ["a", "a"]], "expected two different texts, found ['a'"),
    ("corpus.classes.1", [" ", "\033[2J"], "expected printable characters, found "),
    ("train.seeds", [[1, 1]], "expected different seeds, found [1, 1]"),
    ("train.seeds.0", [-1], "expected greater than or equal to 0, found -1"),
    ("evaluate.sentences.1", [""], "String should have at least 1 character"),
    ("split.test", [-1, 1.5, math.nan, "3", True], "expected a count or a fraction from 0 to 1, found "),
    ("split", [SPLIT | {"train": 0}, SPLIT | {"validation": 0}], "train and validation must be above 0"),
    ("split", [SPLIT | {"test": 0.5}], "train, validation and test must be all counts or all fractions, not "),
    ("split", [{**SPLIT, "train": 0.5, "validation": 0.3, "test": 0.3}], "fractions must sum to at most 1, not 1.1"),
]


@pytest.mark.parametrize(("key", "values", "what"), REFUSED)
def test_a_wrong_value_is_refused_by_its_key(key, values, what):
    for value in values:
        section, _, last = key.rpartition(".")
        document = change(section, ["a", "b"][: int(last)] + [value]) if last.isdigit() else change(key, value)
        assert message(document).startswith(f"{key}: {what}")


@pytest.mark.parametrize("document", [None, [], "train", 3])
def test_a_document_that_is_not_a_mapping_is_refused(document):
    assert message(document).startswith("expected a mapping, found ")


def walk(mapping, *above):
    """Yield the path of every key, except of names that the user gives, and in them."""
    for key, value in mapping.items():
        yield ".".join([*above, key])
        if isinstance(value, dict) and key not in GROUPS:
            yield from walk(value, *above, key)


def test_every_key_is_refused_if_it_is_missing_or_misspelled():
    for key in walk(DOCUMENT):
        assert message(change(key, GONE)) == f"{key}: missing"
        assert message(change(f"{key}s", 1)) == f"{key}s: unknown key"


@given(key=st.sampled_from([*walk(DOCUMENT)]), value=JSON)
def test_any_value_is_read_or_refused_by_its_key(key, value):
    try:
        check(change(key, value))
    except InputError as error:
        section = key.split(".")[0]  # of a split whose sizes do not agree
        assert str(error).startswith(("params.yaml: variants", f"params.yaml: {section}"))


@pytest.mark.parametrize("name", ["LSTM", "1", "a-b", "a b", "", "../a", "$(rm *)", "a\n"])
def test_a_name_is_safe_in_paths_and_shell_commands(name):
    for group in GROUPS:
        what = f"expected a name of lower-case letters, digits and _, a letter first, found {name!r}"
        assert message(change(group, {name: LSTM})) == f"{group}.{name}: {what}"


def test_names_do_not_clash():
    what = "pretrained_variants: 'lstm' is already used in variants"
    assert message(change("pretrained_variants.lstm", LSTM)) == what
    for name in ("label", "tfidf"):
        assert f"the name {name!r} of a variant is reserved" in message(change(f"variants.{name}", LSTM))


@pytest.mark.parametrize(
    "address",
    ["user:SECRET@host/a.json", "SECRET@host/a", "host/a?v=2&token=SECRET", "host/a?X-Amz-Signature=SECRET"]
    + ["host/a?apiKey=SECRET", "[::1/SECRET", "user:SEC/RET@host/a"],
)
def test_an_address_with_credentials_is_refused_and_not_shown(address):
    for section in ("corpus", "vectors"):
        found = message(change(f"{section}.source", f"https://{address}"))
        assert re.match(rf"{section}\.source: (not a valid address$|the address has a user, a password or a to)", found)
        assert "SEC" not in found


@pytest.mark.parametrize("source", ["https://host/a@1/b.json?version=2&author=a#key=1", "a?token=1", "user:a@b/c.csv"])
def test_other_addresses_and_paths_are_accepted(source):
    assert check(change("corpus.source", source)).corpus.source == source


def test_a_variant_has_what_network_says_where_it_does_not_say_otherwise():
    network = DOCUMENT["network"] | {"cell": "gru", "hidden_size": 24}
    params = check(
        DOCUMENT
        | {"network": network, "train": DOCUMENT["train"] | {"seeds": [1, 5]}}
        | {"variants": {"a": {"learning_rate": 1, "hidden_size": 5, "dropout": {"linear": 0.5}}}}
        | {"pretrained_variants": {"b": {"learning_rate": 0.1, "frozen": False}}}
    )
    a, b = params.networks.values()
    assert (a.embedding_dimension, a.cell, a.hidden_size, a.learning_rate) == (7, "gru", 5, 1.0)
    assert (a.dropout.embedding, a.dropout.linear) == (0, 0.5)
    assert (b.frozen, b.cell, b.hidden_size) == (False, "gru", 24)
    assert params.runs == {"tfidf": ["tfidf"], "a": ["a-1", "a-5"], "b": ["b-1", "b-5"]}


def test_sentences_are_lines_or_a_list():
    for value in ("moon\nsun\n", ["moon", "sun"]):
        assert check(change("evaluate.sentences", value)).evaluate.sentences == ["moon", "sun"]


def test_changes_are_merged_mapping_by_mapping():
    document = {"a": 1, "b": {"c": 2, "d": [3]}}
    assert merge(document, {"b": {"d": [4], "e": None}, "f": 0}) == {"a": 1, "b": {"c": 2, "d": [4], "e": None}, "f": 0}
    assert document == {"a": 1, "b": {"c": 2, "d": [3]}}


def read(folder, text):
    (folder / "a.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(folder / "a.yaml")


def test_yaml_is_read_as_dvc_reads_it(tmp_path):
    text = "[1e-05, -1E-3, no, Yes, 012, 0o17, 1:30, 1_000, true, ~, .5]"  # in PyYAML: '1e-05', False, 10, 90, ...
    assert read(tmp_path, text) == [1e-05, -0.001, "no", "Yes", 12, 15, "1:30", 1000, True, None, 0.5]


def test_dvc_exp_run_changes_one_line_of_the_file(tmp_path):
    before = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(before)
    apply_overrides(tmp_path / "params.yaml", ["variants.lstm.learning_rate=0.002"])  # as `dvc exp run -S`
    after = (tmp_path / "params.yaml").read_text()
    lines = zip(before.splitlines(), after.splitlines(), strict=True)
    assert [line for line in lines if line[0] != line[1]] == [
        ("  lstm: {learning_rate: 0.001}", "  lstm: {learning_rate: 0.002}")
    ]


OLDER = "no yes on off Y null ~ true 20:15 1_0 012 0o17 1e5 2020-01-01 .inf = <<".split()
TEXTS = st.sampled_from(OLDER) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


@given(text=TEXTS)
def test_any_text_that_dvc_writes_comes_back(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text("corpus: {positive: 1}  # a comment\n")
    with modify_yaml(path) as document:  # as `dvc exp run -S`
        document["corpus"] |= {"positive": text, "classes": [text, "b"]}
    with suppress(YAMLFileCorruptedError):  # ruamel.yaml writes a text like `:7` into a list, but cannot read it
        load_yaml(path)
        assert read_yaml(path) == {"corpus": {"positive": text, "classes": [text, "b"]}}


@given(edits=EDITS)
def test_a_file_with_faults_is_read_or_refused_in_one_line(tmp_path_factory, edits):
    text = (
        b'corpus: {text: "\\u00e9", positive: !!str 1}\ntrain: &a\n  seeds: [0x1, 1e3, 2020-01-01]\nnetwork: *a  # b\n'
    )
    with suppress(InputError):
        check(read(tmp_path_factory.mktemp("yaml"), edited(text, edits)))


@pytest.mark.slow
def test_texts_that_older_yaml_reads_as_booleans_or_times_are_set_by_dvc_exp_run(fresh_project):
    texts = "corpus.classes=[no,20:15]", "corpus.positive=on", "corpus.label=yes"
    run(fresh_project, "dvc", "exp", "run", *(word for text in texts for word in ("-S", text)), "check-and-clean")
    corpus = read_yaml(fresh_project / "params.yaml")["corpus"]
    assert (corpus["classes"], corpus["positive"], corpus["label"]) == (["no", "20:15"], "on", "yes")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("train:\n  epochs: 1\n  epochs: 2\n", ', line 3: found duplicate key "epochs"'),
        ("a: b: c", ", line 1: mapping values are not allowed here"),
        ("a: 1\nb: *c", ", line 2: found undefined alias 'c'"),
        ("a: !!python/name:os.system", ", line 1: could not determine a constructor for the tag"),
        ("--- 1\n--- 2", ", line 2: but found another document"),
        (b"train: caf\xe9", ": not YAML: 'utf-8' codec can't decode"),
        ("[" * 600, ": not YAML: maximum recursion depth exceeded"),
        ("a: 2020-13-45", ": not YAML: month must be in 1..12"),
        ('a: "\\UFFFFFFFF"', ": not YAML: Python int too large"),
        ("a: !!bool x", ": not YAML: 'x'"),
        ('a: !!float ""', ": not YAML: string index out of range"),
    ],
)
def test_a_file_that_is_not_yaml_is_refused_with_its_line(tmp_path, text, what):
    with pytest.raises(InputError, match=re.escape(f"a.yaml{what}")):
        read(tmp_path, text)


def test_every_stage_checks_the_parameters_first(tmp_path):
    write_params(tmp_path, change("train.epochs", 0))
    for stage in (
        "check_and_clean",
        "split_corpus",
        "tokenize_corpus plain",
        "train_baseline",
        "train lstm 1",
        "evaluate",
    ):
        line = "params.yaml: train.epochs: expected greater than or equal to 1, found 0"
        assert refusal(tmp_path, *stage.split()) == line
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]
