"""The experiments of a sweep: all combinations, checked before anything runs, with names that do not change."""

import re
import subprocess

from sarcasm.stage import InputError

import pytest
from cluster.plan import make_experiments
from tests.project import params, to_yaml

PARAMS, COMMIT = to_yaml(params()), "c" * 40


def names(*overrides, params=PARAMS, commit=COMMIT, stem=""):
    return list(make_experiments(list(overrides), params, commit, stem))


def test_each_combination_is_an_experiment():
    def changes(*overrides):
        return list(make_experiments(list(overrides), PARAMS, COMMIT).values())

    assert changes("train.seeds=[1],[2]", "network.hidden_size=range(8,17,8)") == [
        ["train.seeds=[1]", "network.hidden_size=8"],
        ["train.seeds=[1]", "network.hidden_size=16"],
        ["train.seeds=[2]", "network.hidden_size=8"],
        ["train.seeds=[2]", "network.hidden_size=16"],
    ]
    assert changes("variants.lstm.cell=choice(gru,rnn)") == [["variants.lstm.cell=gru"], ["variants.lstm.cell=rnn"]]
    assert changes("+variants.lstm.dropout.linear=0.2") == [["variants.lstm.dropout.linear=0.2"]]
    assert changes() == [[]]


def test_a_name_has_the_values_and_a_digest():
    (name,) = names("variants.lstm.learning_rate=0.0005", "train.seeds=[1,2]")
    assert re.fullmatch(r"learning_rate-0\.0005-seeds-1-2-[0-9a-f]{7}", name)
    (name,) = names(stem="mine")
    assert re.fullmatch(r"mine-[0-9a-f]{7}", name)


def test_names_depend_on_commit_and_parameters_and_on_nothing_else():
    both = names("variants.lstm.hidden_size=8,16")
    assert both == names("variants.lstm.hidden_size=range(8,17,8)") == names("++variants.lstm.hidden_size=8,8,16")
    for others in (
        names("variants.lstm.hidden_size=8,16", commit="d" * 40),
        names("variants.lstm.hidden_size=8,16", params=PARAMS.replace("epochs: 2", "epochs: 3")),
        names("variants.stacked_lstm_dropout.hidden_size=8,16"),
    ):
        assert len({*both, *others}) == 4


@pytest.mark.parametrize("value", ["'a..b.lock'", "'~/x y.csv'", "'^:?*[\\\\'", "'é'", "x" * 200])
def test_git_accepts_every_name_as_a_ref(value):
    (name,) = names(f"corpus.source={value}")
    subprocess.run(["git", "check-ref-format", f"refs/exps/aa/{name}"], check=True)
    assert len(name) < 70 and name[0] != "-"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epoch=1", "-S train.epoch=1: train.epoch: unknown key"),
        ("train.epochs=0,1", "-S train.epochs=0: train.epochs: expected greater than or equal to 1, found 0"),
        ("train.epochs.x=1", "-S train.epochs.x=1: train.epochs: expected a valid integer, found {'x': 1}"),
        ("variants.lstm.cell=lstm,elman", "-S variants.lstm.cell=elman: variants.lstm.cell: expected 'lstm', 'gru'"),
        ("train.epochs=interval(1,2)", "-S train.epochs=interval(1,2): expected KEY=VALUE, a list of values, range()"),
        ("~train.epochs", "-S ~train.epochs: expected KEY=VALUE, a list of values, range()"),
        ("train.seeds=[1", "-S train.seeds=[1: "),
    ],
)
def test_a_bad_override_is_refused_in_one_line(override, message):
    with pytest.raises(InputError) as refused:
        names(override)
    assert str(refused.value).startswith(message) and "\n" not in str(refused.value)
