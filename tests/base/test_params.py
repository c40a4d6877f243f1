"""Every key of params.yaml, misspelled, missing, of a wrong type or out of range, is refused by its name."""

import copy
import datetime
import math
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.edits import EDITS, JSON, edited
from tests.project import ROOT, params, refusal, to_yaml, write_params

from sarcasm.base.command import InputError
from sarcasm.base.documents import read_document
from sarcasm.base.params import Params, read_params

COUNT, WIDTH, SEED = [0, -1, 1_000_001], [0, -1, 10_001], [-1, 2**32]
INTEGER = ["3", "x", True, 1.5, 3.0, [3], {"a": 3}, datetime.date(2020, 1, 1)]
NUMBER = ["3", "x", "e", True, [3], {"a": 3}]
TEXT = [3, True, [], ["a"], {}, "", "\ud800"]
SIZE = [-1, -0.5, 1.5, math.nan, math.inf, *NUMBER]
BOOLEAN = [0, 1, "yes", [], {}]

# refused values of every key, except of keys that are names given by the user; None unless the key is nullable
REFUSED = {
    "corpus": [None, 1, "x", []],
    "source text label": [None, *TEXT],
    "positive": ["", [], ["a"], {}, datetime.date(2020, 1, 1)],
    "classes": [None, "ab", [], ["a"], ["a", "a"], ["a", "b", "c"], ["a", ""], ["a", " "], [0, 1], ["a", "b\t"]],
    "sha256": [3, "abc", "A" * 64, []],
    "member": TEXT,
    "allow_http drop_duplicates bidirectional frozen": [None, *BOOLEAN],
    "train validation test": [None, *SIZE],
    "split.seed": [*SEED, *INTEGER],
    "glove.seed evaluate.seed": [None, *SEED, *INTEGER],
    "seeds": [None, 1, [], [1, 1], [-1], [2**32], [1.5], ["1"]],
    "pretrained_words": [None, -1, 10_000_001, *INTEGER],
    "ngrams": [None, 0, 6, *INTEGER],
    "c": [None, 1, [], [0], [math.nan], ["x"]],
    "buckets": [None, 0, 100_000_001, *INTEGER],
    "wide": [1, "x", []],
    "extra_vectors.dimension": [None, *WIDTH, *INTEGER],
    "glove_lstm.extra_vectors": [None, *BOOLEAN],
    "wide.dropout": [None, -0.1, 1, 1.5, math.nan, *NUMBER],
    "tokenizer batching checkpoint device cell": [None, 1, "other", ["full"], "FULL"],
    "size": [None, 2, 10_000_001, *INTEGER],
    "max_length glove.dimension embedding_dimension hidden_size": [None, *WIDTH, *INTEGER],
    "epochs batch_size resamples": [None, *COUNT, *INTEGER],
    "processes": [None, 0, -1, 1_001, *INTEGER],
    "layers": [None, -1, 101, *INTEGER],
    "learning_rate": [None, 0, -0.1, 1.1, "1e1", "-1e-05", math.nan, math.inf, "1e999", *NUMBER],
    "embedding inter_layer rnn_output linear": [None, -0.1, 1, 1.5, math.nan, *NUMBER],
    "page_variants": [1, "lstm", [3], ["other"], {}],
    "sentences": [None, "a", [3], [None], [["a"]], [""], ["\ud800"]],
    "split vocabularies glove extra_vectors baseline variants glove_variants evaluate dropout": [
        None,
        1,
        "x",
        [],
    ],
}
LIMITS = {f" {key} ": values for keys, values in REFUSED.items() for key in keys.split()}


def walk(mapping, *above):
    """Yield the path of every key."""
    for key, value in mapping.items():
        yield *above, key
        if isinstance(value, dict):
            yield from walk(value, *above, key)


PATHS = [".".join(path) for path in walk(params())]
NAMED = {"variants", "glove_variants"}  # mappings whose keys are names given by the user
OPTIONAL = {"glove_variants.glove_lstm.extra_vectors", "glove_variants.glove_lstm.wide"}


def refused_values(path):
    """Return values that must be refused for the key at `path`."""
    section, _, key = path.rpartition(".")
    if section in {*NAMED, "vocabularies"} or path == "train":
        return [None, 1, "x", []]
    parent = ".".join(path.split(".")[-2:])
    return LIMITS.get(f" {parent} ") or LIMITS[f" {key} "]


def message(folder, document):
    """Return the error message for the document, without the name of the file."""
    text = document if isinstance(document, str) else to_yaml(document)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_params(folder / "params.yaml")
    return str(error.value).removeprefix(f"{folder}/params.yaml")


def with_change(path, change):
    """Return the small project's parameters after `change(mapping, key)` at `path`."""
    document = copy.deepcopy(params())
    *above, key = path.split(".")
    mapping = document
    for name in above:
        mapping = mapping[name]
    change(mapping, key)
    return document


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_value_is_refused_by_name(path, tmp_path):
    for value in refused_values(path):
        found = message(tmp_path, with_change(path, lambda mapping, key, value=value: mapping.update({key: value})))
        assert re.match(rf": {path}(\.\d)?: .+", found), (value, found)
        assert len(found.splitlines()) == 1 and "pydantic" not in found and "instance" not in found, found


@pytest.mark.parametrize("path", PATHS)
def test_a_misspelled_or_missing_key_is_refused_by_name(path, tmp_path):
    section, _, key = path.rpartition(".")
    if section in NAMED:
        return
    misspelled = message(
        tmp_path, with_change(path, lambda mapping, key: mapping.update({f"{key}s": mapping.pop(key)}))
    )
    assert misspelled == f": {path}s: unknown key"
    if path not in OPTIONAL:
        assert message(tmp_path, with_change(path, lambda mapping, key: mapping.pop(key))) == f": {path}: missing"


@pytest.mark.parametrize("name", ["LSTM", "1", "a-b", "a b", "", "../x", "lstm\n"])
def test_a_name_must_be_safe_as_a_file_name(name, tmp_path):
    for section in NAMED:
        document = params()
        document[section][name] = next(iter(document[section].values()))
        assert message(tmp_path, document).startswith(f": {section}.{name}: expected a name of lower-case letters")


def test_names_must_not_clash(tmp_path):
    document = params()
    document["glove_variants"]["lstm"] = document["glove_variants"]["glove_lstm"]
    assert message(tmp_path, document) == ": glove_variants: 'lstm' is already used in variants"
    for name in ("label", "tfidf"):
        document = params()
        document["variants"][name] = document["variants"]["lstm"]
        assert f"{name!r} is reserved, choose another name" in message(tmp_path, document)


@pytest.mark.parametrize(
    ("sizes", "what"),
    [
        ((0, 1, 1), "train and validation must be above 0"),
        ((1, 0, 1), "train and validation must be above 0"),
        ((0.5, 10, 10), "must be all counts or all fractions"),
        ((0.5, 0.3, 0.3), "fractions must sum to at most 1, not 1.1"),
    ],
)
def test_inconsistent_split_sizes_are_refused(sizes, what, tmp_path):
    document = params()
    document["split"] |= dict(zip(("train", "validation", "test"), sizes, strict=True))
    assert message(tmp_path, document).startswith(": split: ") and what in message(tmp_path, document)


def with_source(section, source):
    return with_change(f"{section}.source", lambda mapping, key: mapping.update({key: source}))


@pytest.mark.parametrize("section", ["corpus", "glove"])
@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("https://user:SECRET@host/a.json", "a user or password"),
        ("https://SECRET@host/a.json", "a user or password"),
        ("https://host/a.json?version=2&token=SECRET", "'token' in its query"),
        ("https://host/a.json?X-Amz-Date=1&X-Amz-Signature=SECRET", "'X-Amz-Signature' in its query"),
        ("https://host/a.json?sv=1&sig=SECRET", "'sig' in its query"),
        ("https://host/a.json?apiKey=SECRET", "'apiKey' in its query"),
    ],
)
def test_credentials_in_an_address_are_refused_and_not_shown(tmp_path, section, address, what):
    found = message(tmp_path, with_source(section, address))
    assert found == (
        f": {section}.source: the address has {what}, which git would store; remove it and use ~/.netrc or "
        "HEADLINES_MIRROR, see docs/own-headlines.md"
    )


@pytest.mark.parametrize(
    "address", ["http://[::1/SECRET", "https://user:SEC/RET@host/a", "https://h:99999/a", "s://a\0"]
)
def test_a_malformed_address_is_refused_and_not_shown(tmp_path, address):
    assert message(tmp_path, with_source("corpus", address)) == ": corpus.source: not a valid address"


@pytest.mark.parametrize("source", ["https://host/a@1/b.json?version=2&author=a#key=1", "a?token=1", "user:a@b/c.csv"])
def test_other_addresses_and_paths_are_accepted(tmp_path, source):
    write_params(tmp_path, with_source("corpus", source))
    assert read_params(tmp_path / "params.yaml").corpus.source == source


def test_a_duplicate_key_is_refused_with_its_line(tmp_path):
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    count = text.count("\n")
    assert message(tmp_path, text + "train: {}\n") == f", line {count + 1}: train: duplicate key"
    twice = text.replace("\n  epochs:", "\n  epochs: 1\n  epochs:")
    assert re.fullmatch(r", line \d+: train\.epochs: duplicate key", message(tmp_path, twice))


@pytest.mark.parametrize(
    ("written", "read", "advice"),
    [
        ("012", 10, "a decimal number without leading zeros"),
        ("-012", -10, "a decimal number without leading zeros"),
        ("1:30", 90, "a decimal number without leading zeros"),
        ("0x1F", 31, "a decimal number without leading zeros"),
        ("0b1", 1, "a decimal number without leading zeros"),
        ("1_000", 1000, "a decimal number without leading zeros"),
        ("1:30.5", 90.5, "a decimal number"),
        ("1_0.5", 10.5, "a decimal number"),
        ("yes", True, "true or false"),
        ("Off", False, "true or false"),
    ],
)
def test_a_value_that_yaml_versions_read_differently_is_refused_with_its_line(written, read, advice, tmp_path):
    what = f"{written} is ambiguous in YAML (PyYAML reads {read}); write {advice}, or quotes around a text"
    assert message(tmp_path, f"train:\n  epochs: {written}\n") == f", line 2: train.epochs: {what}"
    assert message(tmp_path, f"a: [0,\n {written}]") == f", line 2: a.1: {what}"
    assert message(tmp_path, f"a:\n  {written}: 1") == f", line 2: a.{written}: {what}"
    assert message(tmp_path, f"epochs: '{written}'").startswith(": epochs: unknown key")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: &a {b: 1}\nc: *a", ", line 2: *a: aliases are not supported"),
        ("a: &a [0, 1]\nb: {<<: *a}", ", line 2: *a: aliases are not supported"),
        ("a:\n  <<: {b: 1}", ", line 2: a.<<: merge keys are not supported"),
        ("a: &a [*a]", ", line 1: *a: aliases are not supported"),
    ],
)
def test_aliases_and_merge_keys_are_refused_with_their_line(text, what, tmp_path):
    assert message(tmp_path, text) == what


@pytest.mark.parametrize(
    "text",
    ["", "[]", "train", "3", "null", "[" * 600, "a: *b", "a: b: c", "\0", "a: !!python/name:os.system", "--- 1\n--- 2"]
    + ["epochs: 2020-13-45", "epochs: 0x_", "epochs: " + "9" * 5000, "? [a]\n: 1", "\t- a"],
)
def test_a_document_that_is_not_a_mapping_is_refused(text, tmp_path):
    assert re.match(r"(, line \d+)?: \S+", message(tmp_path, text))


def test_text_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"train: caf\xe9")
    with pytest.raises(InputError, match="params.yaml: not YAML: 'utf-8' codec"):
        read_params(tmp_path / "params.yaml")


@given(text=st.text(max_size=40) | st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists).map(str))
def test_any_text_is_refused_in_one_line(text, tmp_path_factory):
    found = message(tmp_path_factory.getbasetemp(), text)
    assert re.match(r"(, line \d+)?: \S+", found)


@given(path=st.sampled_from(PATHS), value=JSON)
def test_any_value_is_read_as_it_is_or_refused_by_name(path, value, tmp_path_factory):
    document = with_change(path, lambda mapping, key: mapping.update({key: value}))
    file = tmp_path_factory.getbasetemp() / "params.yaml"
    file.write_text(to_yaml(document), encoding="utf-8")
    try:
        assert read_params(file) == Params.model_validate(document)
    except InputError as error:
        assert str(error).startswith(f"{file}")


@given(edits=EDITS)
def test_a_parameter_file_with_faults_is_read_as_yaml_or_refused(edits, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "params.yaml"
    path.write_bytes(edited(to_yaml(params()).encode(), edits))
    try:
        assert read_params(path) == Params.model_validate(yaml.safe_load(path.read_bytes()))
    except InputError as error:
        assert re.match(rf"{path}(, line \d+)?: \S", str(error))


@pytest.mark.parametrize(("written", "value"), [("1e-05", 1e-05), ("1E-3", 0.001), ("1", 1.0), ("0.5", 0.5)])
def test_a_number_may_be_written_as_dvc_writes_it(written, value, tmp_path):
    write_params(tmp_path, params())
    path = tmp_path / "params.yaml"
    path.write_text(path.read_text().replace("learning_rate: 0.001", f"learning_rate: {written}"))
    assert read_params(path).variants["lstm"].learning_rate == value


@pytest.mark.parametrize(
    "path", [ROOT / "params.yaml", *sorted((ROOT / "configs").glob("*.yaml"))], ids=lambda p: p.stem
)
def test_the_parameter_files_of_the_project_are_valid(path):
    assert read_params(path, None if path.stem == "params" else ROOT / "params.yaml").networks


def test_a_parameter_file_states_what_differs(tmp_path):
    write_params(tmp_path, params())
    changed = tmp_path / "changed.yaml"
    changed.write_text("split: {train: 10, seed: null}\nvariants: {stacked_lstm_dropout: null, lstm: {cell: gru}}\n")
    expected = params()
    expected["split"] |= {"train": 10, "seed": None}
    expected["variants"] = {"lstm": expected["variants"]["lstm"] | {"cell": "gru"}}
    assert read_document(changed, tmp_path / "params.yaml") == expected
    changed.write_text("variants: {lstm: {cel: gru}}\n")
    with pytest.raises(InputError, match="changed.yaml: variants.lstm.cel: unknown key"):
        read_params(changed, tmp_path / "params.yaml")


STAGES = (
    "download_corpus",
    "split_corpus",
    "tokenize_corpus plain",
    "download_vectors glove",
    "glove_coverage",
    "train lstm 1",
)


@pytest.mark.parametrize("stage", [*STAGES, "evaluate", "draw_figures"])
def test_every_stage_validates_the_parameters_first(stage, fresh_project):
    before = sorted(fresh_project.rglob("*"))
    write_params(fresh_project, with_change("train.epochs", lambda mapping, key: mapping.update({key: 0})))
    found = refusal(fresh_project, *stage.split())
    assert found == "params.yaml: train.epochs: expected greater than or equal to 1, found 0"
    assert sorted(fresh_project.rglob("*")) == before


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        ({}, {}),
        ({"epochs": 3, "checkpoint": "last"}, {"epochs": 3, "checkpoint": "last"}),
        ({"embedding_learning_rate": 0.5}, {"learning_rates": {"wide": 0.01, "embedding": 0.5}}),
        ({"embedding_learning_rate": None, "warm_up": 0, "r_drop": 2}, {"warm_up": 0, "r_drop": 2}),
    ],
)
def test_a_variant_trains_as_the_others_but_for_its_own_settings(own, changed):
    document = params()
    expected = Params.model_validate(document).recipe("glove_lstm")
    assert (expected.warm_up, expected.r_drop, expected.learning_rates) == (None, 0, {"wide": 0.01})
    document["glove_variants"]["glove_lstm"]["training"] = own
    assert Params.model_validate(document).recipe("glove_lstm") == expected._replace(**changed)


@pytest.mark.parametrize(
    ("key", "value"), [("epochs", 0), ("batch_size", 1.5), ("checkpoint", "first"), ("warm_up", 1), ("r_drop", -1)]
)
def test_a_wrong_setting_of_a_variant_is_refused_by_name(key, value, tmp_path):
    document = params()
    document["glove_variants"]["glove_lstm"]["training"] = {key: value}
    assert message(tmp_path, document).startswith(f": glove_variants.glove_lstm.training.{key}: ")
