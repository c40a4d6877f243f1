"""The search changes one setting at a time, and its table says what each change costs."""

import pandas as pd
import pytest
from studies import search
from tests.project import ROOT

from sarcasm.base.documents import read_document
from sarcasm.base.params import check_params

PARAMS = ROOT / "params.yaml"


def differing(network, other):
    """Return the names of the settings in which two networks differ."""
    keys = network.model_dump().keys()
    return {key for key in keys if getattr(network, key) != getattr(other, key)}


@pytest.fixture
def written(tmp_path):
    """Write the file of an experiment, and read it as repro.py does."""

    def write(changes):
        document = search.make_document(read_document(ROOT / "configs/news-headlines-v1.yaml", PARAMS), changes)
        path = tmp_path / "search.yaml"
        path.write_text(search.yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return check_params(read_document(path, PARAMS), path)

    return write


def test_each_variant_is_the_network_with_one_change(written):
    params = written(search.CHANGES)
    assert (params.split.train, params.split.test, params.train.seeds) == (20000, 0, [1, 2])
    assert [*params.variants] == ["embedding_mean"]
    network, *changed = params.glove_variants.values()
    assert network == check_params(read_document(PARAMS), PARAMS).variant(search.NETWORK)
    assert len(changed) == len(search.CHANGES)
    for found, settings in zip(changed, search.CHANGES.values(), strict=True):
        assert differing(network, found) == settings.keys()
    assert params.variant("without_r_drop").training.r_drop == 0
    assert params.variant("without_r_drop").training.epochs == network.training.epochs
    assert params.variant("small").wide.dropout == network.wide.dropout


def test_the_closed_vocabulary_is_an_experiment_of_its_own(written):
    params = written(search.CLOSED)
    assert params.vocabularies.glove.pretrained_words == 0
    (network,) = params.glove_variants.values()
    assert network == check_params(read_document(PARAMS), PARAMS).variant(search.NETWORK)


def test_the_table_has_the_differences(monkeypatch):
    monkeypatch.setattr(search, "CHANGES", {"GRU": {}})
    row = {key: 0.25 for key in search.SCORES} | {"trainable_parameters": 1234, "accuracy": 0.875}
    evaluation = pd.DataFrame(
        [
            {"variant": "tfidf", **row},
            {"variant": search.NETWORK, **row},
            {"variant": "gru", **row, "accuracy": 0.75, "difference": -0.5, "difference_low": -0.75},
        ]
    )
    closed = pd.DataFrame([{"variant": search.variant(change), **row, "accuracy": 0.5} for change in search.CLOSED])
    paired = {"variant": "gru", "other": search.NETWORK, "difference": -0.125, "low": -0.25, "high": -0.0625}
    others = paired | {"other": "tfidf", "low": 0.5}
    table = search.summarize(pd.concat([evaluation, closed]), pd.DataFrame([others, paired]))
    assert search.format_table(table).splitlines()[2:] == [
        "| wide_bi_lstm | 1,234 | 0.250 ± 0.250 | 0.875 ± 0.250 |  | **+0.250 (+0.250 to +0.250)** |",
        "| GRU | 1,234 | 0.250 ± 0.250 | 0.750 ± 0.250 | **-0.125 (-0.250 to -0.062)** | -0.500 (-0.750 to +0.250) |",
        "| only words of the training headlines | 1,234 | 0.250 ± 0.250 | 0.500 ± 0.250 | -0.375 "
        "| **+0.250 (+0.250 to +0.250)** |",
    ]
