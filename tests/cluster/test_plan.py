"""The experiments of a sweep: DVC's combinations, checked before anything runs, with names that do not change."""

import ast
import re
import subprocess
import sys

import pytest
from cluster.plan import Base, changed_variants, make_experiments
from tests.project import ROOT, params, to_yaml

from sarcasm.base.command import InputError

BASE = Base("c" * 40, to_yaml(params()))


def names(*overrides, base=BASE):
    return [experiment.name for experiment in make_experiments(base, list(overrides))]


def test_each_combination_is_an_experiment():
    found = make_experiments(BASE, ["train.seeds=[1],[2]", "variants.lstm.hidden_size=range(8,17,8)"])
    assert [experiment.overrides for experiment in found] == [
        ("train.seeds=[1]", "variants.lstm.hidden_size=8"),
        ("train.seeds=[1]", "variants.lstm.hidden_size=16"),
        ("train.seeds=[2]", "variants.lstm.hidden_size=8"),
        ("train.seeds=[2]", "variants.lstm.hidden_size=16"),
    ]
    assert [experiment.overrides for experiment in make_experiments(BASE, ["variants.lstm.cell=choice(gru,rnn)"])] == [
        ("variants.lstm.cell=gru",),
        ("variants.lstm.cell=rnn",),
    ]


def test_a_name_has_the_values_and_a_digest():
    (name,) = names("variants.lstm.learning_rate=0.0005", "train.seeds=[1,2]")
    assert re.fullmatch(r"learning_rate-0\.0005-seeds-1-2-[0-9a-f]{7}", name)
    (name,) = names(base=Base(BASE.commit, BASE.params, "mine"))
    assert re.fullmatch(r"mine-[0-9a-f]{7}", name)


def test_names_depend_on_commit_and_parameters_and_on_nothing_else():
    both = names("variants.lstm.hidden_size=8,16")
    assert both == names("variants.lstm.hidden_size=range(8,17,8)") and len({*both}) == 2
    assert names("variants.lstm.hidden_size=8,8,16") == both
    assert {*both}.isdisjoint(names("variants.lstm.hidden_size=8,16", base=Base("d" * 40, BASE.params)))
    other = Base(BASE.commit, BASE.params.replace("epochs: 2", "epochs: 3"))
    assert {*both}.isdisjoint(names("variants.lstm.hidden_size=8,16", base=other))
    assert {*both}.isdisjoint(names("variants.stacked_lstm_dropout.hidden_size=8,16"))


@pytest.mark.parametrize("value", ["'a..b.lock'", "'~/x y.csv'", "'^:?*[\\\\'", "'é'", "x" * 200])
def test_git_accepts_every_name_as_a_ref(value):
    (name,) = names(f"corpus.source={value}")
    subprocess.run(["git", "check-ref-format", f"refs/exps/aa/{name}"], check=True)
    assert len(name) < 70 and name[0] != "-"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epoch=1", "-S train.epoch=1: params.yaml has no train.epoch"),
        ("train.epochs=0,1", "-S train.epochs=0: train.epochs: expected greater than or equal to 1, found 0"),
        ("variants.lstm.cell=lstm,elman", "-S variants.lstm.cell=elman: variants.lstm.cell: expected 'lstm', 'gru'"),
        ("train.seeds=[1", "-S train.seeds=[1: "),
        ("train", "-S train: "),
        ("+train.epoch=1", "-S +train.epoch=1: train.epoch: unknown key"),
        ("train.epochs.x=1", "-S train.epochs.x=1: params.yaml has no train.epochs.x"),
        ("train.epochs=interval(1,2)", "-S train.epochs=interval(1,2): an interval has no end of values"),
        ("configs/book.yaml:train.epochs=1", "-S configs/book.yaml:train.epochs=1: "),
        ("~train.epochs", "-S ~train.epochs: train.epochs: "),
    ],
)
def test_a_bad_override_is_refused_in_one_line(override, message):
    with pytest.raises(InputError) as refused:
        make_experiments(BASE, [override])
    assert str(refused.value).startswith(message) and "\n" not in str(refused.value)


def test_the_variants_of_an_override():
    overrides = ["variants.lstm.cell=gru", "glove_variants.glove_lstm.dropout.linear=0", "train.epochs=1"]
    assert changed_variants(overrides) == {"lstm", "glove_lstm"}
    assert changed_variants(["+variants.lstm.wide=null", "train.seeds=[1],[2]"]) == {"lstm"}


def imported(path):
    """Return the packages that a file imports."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = [
        [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return {name.partition(".")[0] for group in names for name in group}


def test_nothing_imports_the_cluster_and_a_worker_needs_only_the_standard_library():
    for path in [*ROOT.glob("*.py"), *(ROOT / "stages").rglob("*.py"), *(ROOT / "studies").glob("*.py")]:
        assert not imported(path) & {"cluster", "dask", "distributed", "optuna"}, path
    assert imported(ROOT / "cluster/experiment.py") <= sys.stdlib_module_names
