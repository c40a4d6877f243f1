"""The network by hand; test_chapter.py compares its size and a training step with the chapter's."""

from sarcasm.model import HeadlineClassifier

import pytest
import torch

NO_DROPOUT = {"embedding": 0.0, "inter_layer": 0.0, "rnn_output": 0.0, "linear": 0.0}
SMALL = {"cell": "lstm", "layers": 1, "bidirectional": False, "hidden_size": 4, "dropout": NO_DROPOUT}


def network(words=9, dimension=3, **settings):
    torch.manual_seed(1)
    return HeadlineClassifier(words, dimension, **SMALL | settings)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("layers", [0, 1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("wide", [0, 5])
def test_every_network_maps_ids_to_one_logit_per_headline(cell, layers, bidirectional, wide):
    model = network(cell=cell, layers=layers, bidirectional=bidirectional, wide=wide)
    for ids in (torch.randint(0, 9, (5, 6), dtype=torch.int32), torch.tensor([[3]])):
        assert model(ids).shape == (len(ids),) and model(ids).dtype == torch.float32


def test_the_logit_of_a_mean_by_hand():
    model = network(words=4, dimension=1, layers=0, hidden_size=1)
    weights = {"embedding": [[0.0], [1.0], [2.0], [-9.0]], "linear": [[3.0]], "output": [[5.0]]}
    model.load_state_dict(
        {f"{name}.weight": torch.tensor(weight) for name, weight in weights.items()}
        | {"linear.bias": torch.tensor([1.0]), "output.bias": torch.tensor([-7.0])}
    )
    ids = torch.tensor([[1, 2, 0, 0], [3, 0, 0, 0]])  # means of 0.75, the padding taken in, and of -2.25
    assert model(ids).tolist() == [5 * (3 * 0.75 + 1) - 7, 5 * 0 - 7]  # ReLU: no value below 0


@pytest.mark.parametrize("position", NO_DROPOUT)
def test_dropout_is_at_each_position_and_in_training_only(position):
    plain, dropping = network(layers=2), network(layers=2, dropout=NO_DROPOUT | {position: 0.5})
    ids = torch.randint(1, 9, (5, 6))
    assert torch.equal(dropping.eval()(ids), plain(ids)) and not torch.equal(dropping.train()(ids), plain(ids))


def test_wide_weights_of_words_and_pairs_by_hand():
    model, ids = network(layers=0, wide=1000), torch.tensor([[3, 4, 3, 0, 0], [4, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert not model.wide.weight.any()  # before training it changes nothing
    before = model(ids)
    with torch.no_grad():
        model.wide.weight[:, 0] = torch.arange(1000)
    # pairs: 3 * 31,337 + 4 = 94,015 and 4 * 31,337 + 3 = 125,351, of which the remainders are 15 and 351
    expected = before + torch.tensor([3 + 4 + 3 + 15 + 351, 4, 0])
    torch.testing.assert_close(model(ids), expected)
    torch.testing.assert_close(model(ids.int()), expected)


def test_padding_and_a_frozen_embedding_are_not_trained():
    model = network(layers=0, wide=1000, frozen=True)
    model(torch.tensor([[3, 4, 0, 0]])).sum().backward()
    assert model.wide.weight.grad.flatten().nonzero().flatten().tolist() == [3, 4, 15]
    assert model.embedding.weight.grad is None and network().embedding.weight.requires_grad
