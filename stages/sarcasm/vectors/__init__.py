"""Pretrained word vectors: reading, coverage, initialization of an embedding."""
