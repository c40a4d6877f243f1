"""From a corpus to token ids: headlines, splits, tokenizers, vocabulary, encoded files."""
