"""Trials of Optuna's TPE sampler over the ranges of `-S`, each an experiment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import optuna
from cluster.plan import Base, Experiment, make_experiment, parse
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from sarcasm.base.command import InputError


class Study:
    """A study in a file. A trial that was asked for and not told, as it failed or was interrupted, is run again."""

    def __init__(self, path: Path, base: Base, overrides: list[str]) -> None:
        self.base = base
        self.overrides = parse(overrides)
        ranges = [override for override in self.overrides if override.is_sweep_override()]
        self.ranges = {override.get_key_element(): distribution(override) for override in ranges}
        self.check()
        path.parent.mkdir(parents=True, exist_ok=True)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = JournalStorage(JournalFileBackend(str(path)))
        self.study = optuna.create_study(study_name=path.stem, storage=storage, load_if_exists=True)
        # the number of trials as seed: the same one would repeat the first suggestions when the study goes on
        self.study.sampler = optuna.samplers.TPESampler(seed=len(self.study.trials), constant_liar=True)
        self.numbers: dict[Experiment, list[int]] = {}

    def check(self) -> None:
        """Raise InputError if a bound or a choice is a bad value of its parameter, before anything runs."""
        if not self.ranges:
            raise InputError("--optuna: expected a range in -S, such as interval(0.0001,0.01), range() or choice()")
        ends = {key: _ends(values) for key, values in self.ranges.items()}
        first = {key: values[0] for key, values in ends.items()}
        for key, values in ends.items():
            for value in values:
                self.experiment(first | {key: value})

    def experiment(self, values: dict[str, Any]) -> Experiment:
        """Return the experiment of a trial; floats have four significant digits, for readable names."""
        texts = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in values.items()}
        keys = ((override.get_key_element(), override.input_line) for override in self.overrides)
        return make_experiment(self.base, [f"{key}={texts[key]}" if key in texts else line for key, line in keys])

    @property
    def complete(self) -> int:
        """The number of trials that are done."""
        return sum(trial.state == TrialState.COMPLETE for trial in self.study.trials)

    def trials(self, total: int) -> Iterator[Experiment]:
        """Yield the experiments of unfinished trials, then of new ones, until the study has `total` trials."""
        for trial in self.study.get_trials(states=[TrialState.RUNNING]):
            yield self._numbered(trial.number, trial.params)
        while len(self.study.trials) < total:
            asked = self.study.ask(self.ranges)
            yield self._numbered(asked.number, asked.params)

    def tell(self, experiment: Experiment, loss: float) -> None:
        """Record the validation loss of an experiment, for all trials that suggested it."""
        for number in self.numbers.pop(experiment, []):
            self.study.tell(number, loss)

    def _numbered(self, number: int, values: dict[str, Any]) -> Experiment:
        experiment = self.experiment(values)
        self.numbers.setdefault(experiment, []).append(number)
        return experiment


def distribution(override: Override) -> BaseDistribution:
    """Return what Optuna samples from. Raises InputError if it cannot, for example from the logarithm of 0."""
    value: Any = override.value()
    options: dict[str, Any]
    try:
        if isinstance(value, ChoiceSweep):
            return CategoricalDistribution(list(override.sweep_string_iterator()))
        if isinstance(value, RangeSweep):
            low, *_, high = sorted(value.range())
            options = {"step": abs(value.step)}
        else:
            low, high, options = value.start, value.end, {"log": "log" in value.tags}
        kind: Any = IntDistribution if isinstance(low, int) else FloatDistribution
        return cast(BaseDistribution, kind(low, high, **options))
    except ValueError as error:
        raise InputError(f"-S {override.input_line}: {error}") from error


def _ends(values: Any) -> list[Any]:
    return list(values.choices) if isinstance(values, CategoricalDistribution) else [values.low, values.high]
