"""Use the trained models in Python, after `make repro`.

    PYTHONPATH=stages python docs/python.py

VS Code and Jupyter (with jupytext) run the cells, marked by `# %%`, one at a time; there too, with PYTHONPATH=stages.
"""

# %% Load a model: load_model("bi_lstm-1") by its name, load_model("sarcasm.pt") from a file, load_model() the best one
from sarcasm.saved_model import PROJECT, load_model

import matplotlib.pyplot as plt
import pandas as pd

classifier = load_model()
print(f"{classifier.variant}: probability that a headline is sarcastic")

# %% Classify a column of a table
headlines = ["area man announces plan", "senate votes on budget", "dorm room reaches legal drinking age"]
table = pd.DataFrame({"headline": headlines})
table["probability"] = classifier(table["headline"])  # float32 (headlines,)
print(table)

# %% How much does each word add to the log-odds?
print(pd.DataFrame(classifier.word_importance(headlines[0]), columns=["word", "importance"]))

# %% When does the LSTM overfit?
history = pd.read_csv(PROJECT / "plots/history/lstm-1.csv", index_col="epoch")
axes = history[["train_loss", "validation_loss"]].plot(style=["--", "-"], color="#4A9BD1")
axes.set(title="When does the LSTM overfit?", ylabel="loss per headline (nats)")
plt.show()
