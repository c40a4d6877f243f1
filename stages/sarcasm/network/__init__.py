"""The network and its training: dataset, model, trainer, checkpoint, saved model."""
