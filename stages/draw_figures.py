"""Draw the figures, and write the table of results and the tables that DVC's own charts are drawn from.

    python stages/draw_figures.py

in:   plots/history/<variant>.csv, plots/lengths/<vocabulary>.csv, plots/coverage.csv
      metrics/evaluation.csv
      params.yaml                  variants, glove_variants, vocabularies, glove
out:  plots/histories.csv          the histories as one table, for `dvc plots`
      plots/confusion.csv          how many headlines of each label got which verdict, for `dvc plots`
      plots/curves/<variant>.png   loss and accuracy over the epochs
      plots/losses.png             the losses of all variants side by side
      plots/comparison.png         accuracy of all variants with intervals
      plots/coverage.png           share of the text that the word vectors cover
      plots/lengths.png            tokens a headline
      plots/results.md             the table of the variants
"""

from pathlib import Path

import pandas as pd

from sarcasm import figures
from sarcasm.command import run
from sarcasm.files import write_csv, write_text
from sarcasm.params import read_params
from sarcasm.results import confusion, format_results, join_histories, read_evaluation

PLOTS = Path("plots")


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    variants = list(params.all_variants)
    histories = {name: pd.read_csv(PLOTS / f"history/{name}.csv") for name in variants}
    evaluation = read_evaluation(Path("metrics/evaluation.csv"))

    write_csv(PLOTS / "histories.csv", join_histories(histories))
    write_csv(PLOTS / "confusion.csv", confusion(evaluation))
    colour = figures.colours(variants)
    limits = figures.curves_limits(histories)
    for name, history in histories.items():
        figures.save_figure(PLOTS / f"curves/{name}.png", figures.curves(name, history, colour[name], limits))
    figures.save_figure(PLOTS / "losses.png", figures.losses(histories, colour))
    figures.save_figure(PLOTS / "comparison.png", figures.comparison(evaluation, colour))
    size = params.vocabularies[params.glove.vocabulary].size
    figures.save_figure(PLOTS / "coverage.png", figures.coverage(pd.read_csv(PLOTS / "coverage.csv"), size))
    histograms = {name: pd.read_csv(PLOTS / f"lengths/{name}.csv") for name in params.vocabularies}
    cuts = {name: vocabulary.max_length for name, vocabulary in params.vocabularies.items()}
    figures.save_figure(PLOTS / "lengths.png", figures.lengths(histograms, cuts))
    write_text(PLOTS / "results.md", format_results(evaluation))


if __name__ == "__main__":
    run(main, __doc__)
