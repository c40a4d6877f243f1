"""Known corpora and GloVe releases, and verified downloads that resume."""
