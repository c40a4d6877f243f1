"""Draw the figures, and write the table of results and the tables behind the plots of DVC.

    python stages/draw_figures.py

in:   plots/history/<run>.csv, plots/lengths/<vocabulary>.csv, plots/coverage.csv
      metrics/evaluation.csv
      params.yaml                  train.seeds, variants, glove_variants, vocabularies, corpus.classes
out:  plots/histories.csv          the histories in one table, means over the seeds, for `dvc plots`
      plots/confusion.csv          headlines by label and predicted label, for `dvc plots`
      plots/curves/<variant>.png   loss and accuracy over the epochs
      plots/losses.png             loss of every variant over the epochs
      plots/comparison.png         accuracy of every variant with its interval
      plots/coverage.png           coverage of the training text by the word vectors
      plots/lengths.png            tokens per headline
      plots/results.md             scores of every variant
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

from pathlib import Path

import pandas as pd

from sarcasm.base.command import run
from sarcasm.base.files import write_csv, write_text
from sarcasm.base.params import read_params
from sarcasm.results import figures
from sarcasm.results.tables import confusion, format_results, join_histories, read_evaluation, read_histories

PLOTS = Path("plots")


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    histories = read_histories(params)
    evaluation = read_evaluation(Path("metrics/evaluation.csv"))

    write_csv(PLOTS / "histories.csv", join_histories(histories))
    write_csv(PLOTS / "confusion.csv", confusion(evaluation, params.corpus.classes))
    colour = figures.colours(list(params.runs))
    limits = figures.history_limits(histories)
    for name, seeds in histories.items():
        figures.save_figure(PLOTS / f"curves/{name}.png", figures.curves(name, seeds, colour[name], limits))
    figures.save_figure(PLOTS / "losses.png", figures.losses(histories, colour))
    figures.save_figure(PLOTS / "comparison.png", figures.comparison(evaluation, colour))
    size = params.vocabularies.glove.size
    figures.save_figure(PLOTS / "coverage.png", figures.coverage(pd.read_csv(PLOTS / "coverage.csv"), size))
    cuts = {name: vocabulary.max_length for name, vocabulary in params.vocabularies}
    histograms = {name: pd.read_csv(PLOTS / f"lengths/{name}.csv") for name in cuts}
    figures.save_figure(PLOTS / "lengths.png", figures.lengths(histograms, cuts))
    write_text(PLOTS / "results.md", format_results(evaluation))


if __name__ == "__main__":
    run(main, __doc__)
