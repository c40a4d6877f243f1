"""Every headline is in one batch, with headlines of its length or padded as in the book."""

from sarcasm.dataset import HeadlineDataset, read_split

import numpy as np
import pytest
import torch

IDS = np.array([[5, 6, 7, 0], [5, 6, 0, 0], [8, 8, 8, 0], [9, 1, 0, 0], [0, 0, 0, 0]], np.int32)
LABELS = np.array([0, 1, 1, 0, 1], np.int8)


def rows(batches):
    return [(batch.ids.tolist(), batch.labels.tolist(), batch.indexes.tolist()) for batch in batches]


def test_batches_of_one_length_have_no_padding():
    headlines = HeadlineDataset(IDS, LABELS)
    assert headlines.lengths.tolist() == [3, 2, 3, 2, 1] and len(headlines) == 5
    assert rows(headlines.batches(2, bucketed=True)) == [
        ([[0]], [1], [4]),  # a headline without words is one `<pad>`
        ([[5, 6], [9, 1]], [1, 0], [1, 3]),
        ([[5, 6, 7], [8, 8, 8]], [0, 1], [0, 2]),
    ]


def test_padded_batches_have_the_order_of_the_file():
    *_, last = batches = rows(HeadlineDataset(IDS, LABELS).batches(3, bucketed=False))
    assert [indexes for _, _, indexes in batches] == [[0, 1, 2], [3, 4]]
    assert last == ([[9, 1, 0, 0], [0, 0, 0, 0]], [0, 1], [3, 4])


@pytest.mark.parametrize("bucketed", [True, False])
def test_shuffled_batches_have_every_headline_once_in_another_order_each_epoch(bucketed):
    lengths = np.random.default_rng(1).integers(0, 6, 200)
    headlines = HeadlineDataset((np.arange(6) < lengths[:, None]).astype(np.int32), np.zeros(200))
    shuffle, again = (torch.Generator().manual_seed(3) for _ in range(2))
    epochs = [rows(headlines.batches(8, bucketed, shuffle)) for _ in range(2)]
    for epoch in epochs:
        assert sorted(index for _, _, indexes in epoch for index in indexes) == list(range(200))
        assert all(len(indexes) <= 8 and (not bucketed or 0 not in ids[0][1:]) for ids, _, indexes in epoch)
    assert epochs[0] != epochs[1] and rows(headlines.batches(8, bucketed, again)) == epochs[0]
    lengths_in_order = [len(ids[0]) for ids, _, _ in epochs[0]]
    assert lengths_in_order != sorted(lengths_in_order) or not bucketed


def test_a_split_is_read_with_its_labels(tmp_path):
    np.savez(tmp_path / "plain.npz", test_ids=IDS, test_labels=LABELS)
    ids, label = read_split(tmp_path / "plain.npz", "test")[3]
    assert (ids.tolist(), label.item()) == ([9, 1, 0, 0], 0) and (ids.dtype, label.dtype) == (
        torch.int32,
        torch.float32,
    )
