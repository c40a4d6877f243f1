"""Optuna's trials as experiments: ranges, bounds that are checked, a study that goes on."""

import pytest
from cluster.plan import Base, parse
from tests.project import params, to_yaml

from sarcasm.base.command import InputError

pytest.importorskip("optuna", reason="Optuna is not installed (tests/requirements.txt)")
from cluster.study import Study, distribution  # noqa: E402
from optuna.distributions import FloatDistribution, IntDistribution  # noqa: E402

BASE = Base("c" * 40, to_yaml(params()))
RATE = "variants.lstm.learning_rate=tag(log,interval(0.0001,0.1))"
SIZE = "variants.lstm.hidden_size=range(8,33,8)"


def value(experiment, place):
    return experiment.overrides[place].partition("=")[2]


def test_trials_are_experiments_of_values_in_the_ranges(tmp_path):
    study = Study(tmp_path / "a.log", BASE, [RATE, "train.seeds=[1,2]", SIZE, "variants.lstm.cell=gru,rnn"])
    experiments = []
    for experiment in study.trials(12):
        study.tell(experiment, abs(float(value(experiment, 0)) - 0.01))
        experiments.append(experiment)
    assert {value(experiment, 1) for experiment in experiments} == {"[1,2]"}
    assert {value(experiment, 2) for experiment in experiments} <= {"8", "16", "24", "32"}
    assert {value(experiment, 3) for experiment in experiments} == {"gru", "rnn"}
    rates = [value(experiment, 0) for experiment in experiments]
    assert all(0.0001 <= float(rate) <= 0.1 and len(rate.strip("0.")) <= 8 for rate in rates)
    assert study.complete == 12 and len({*experiments}) > 8


def test_ranges_are_distributions():
    overrides = ["a=range(8,33,8)", "b=range(0.5,0.1,-0.2)", "c=int(interval(1,9))", "d=tag(log,interval(1,9))"]
    assert [distribution(override) for override in parse(overrides)] == [
        IntDistribution(8, 32, step=8),
        FloatDistribution(0.3, 0.5, step=0.2),
        IntDistribution(1, 9),
        FloatDistribution(1.0, 9.0, log=True),
    ]


def test_a_study_goes_on_where_it_was_interrupted(tmp_path):
    first = Study(tmp_path / "a.log", BASE, [RATE])
    trials = first.trials(5)
    told, asked = next(trials), next(trials)
    first.tell(told, 0.5)
    again = Study(tmp_path / "a.log", BASE, [RATE])
    experiments = list(again.trials(5))
    assert again.complete == 1 and len(experiments) == 4 and experiments[0] == asked
    assert len({told, *experiments}) == 5
    again.tell(asked, 0.4)
    assert again.study.best_value == 0.4 and again.complete == 2


def test_two_trials_of_the_same_values_are_told_together(tmp_path):
    study = Study(tmp_path / "a.log", BASE, ["variants.lstm.cell=choice(gru)"])
    (experiment, same) = study.trials(2)
    assert experiment == same
    study.tell(experiment, 0.5)
    assert study.complete == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "variants.lstm.learning_rate=interval(0.1,2)",
            "variants.lstm.learning_rate: expected less than or equal to 1",
        ),
        ("variants.lstm.hidden_size=int(interval(0,8))", "variants.lstm.hidden_size: expected greater than or equal"),
        ("variants.lstm.cell=choice(gru,elman)", "variants.lstm.cell: expected 'lstm', 'gru'"),
        ("variants.lstm.learning_rate=tag(log,interval(0,0.1))", "-S variants.lstm.learning_rate=tag(log,interval"),
        ("variants.lstm.hidden_size=range(8,9)", "-S variants.lstm.hidden_size=range(8,9): not enough values"),
        ("variants.lstm.learning_rate=0.1", "--optuna: expected a range in -S"),
    ],
)
def test_bad_ranges_are_refused_before_anything_runs(tmp_path, override, message):
    with pytest.raises(InputError, match=r"^[^\n]*$") as refused:
        Study(tmp_path / "a.log", BASE, [override])
    assert message in str(refused.value) and not list(tmp_path.iterdir())
