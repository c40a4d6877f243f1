"""The settings of the network that are not in the book."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from sarcasm.network.model import HeadlineClassifier, WidePath
from sarcasm.network.trainer import linear_schedule, make_optimizers, regularized_loss

NO_DROPOUT = {"embedding": 0, "inter_layer": 0, "rnn_output": 0, "linear": 0}


def network(**settings):
    torch.manual_seed(1)
    arguments = {"cell": "lstm", "layers": 1, "bidirectional": True, "hidden_size": 4, "dropout": NO_DROPOUT}
    return HeadlineClassifier(9, 3, **arguments | settings)


def test_the_wide_path_is_a_sum_of_weights_over_the_root_of_the_number_of_words():
    wide = WidePath(1000, dropout=0)
    with torch.no_grad():
        wide.weights.weight.fill_(1)
    ids = torch.tensor([[3, 4, 5, 0], [3, 0, 0, 0], [0, 0, 0, 0]])  # n words have n + 1 pairs, with the two ends
    assert wide(ids).tolist() == [pytest.approx(7 / 3**0.5), 3, 0]


def test_the_wide_path_sees_words_and_their_order_but_no_padding():
    wide = WidePath(100_000, dropout=0)
    torch.nn.init.normal_(wide.weights.weight, generator=torch.Generator().manual_seed(1))
    one, other, padded = wide(torch.tensor([[3, 4, 5, 0, 0], [4, 3, 5, 0, 0], [3, 4, 5, 0, 0]]))
    torch.testing.assert_close(one, padded)
    torch.testing.assert_close(wide(torch.tensor([[3, 4, 5]]))[0], one)
    assert abs(one - other) > 0.01
    used = {wide._hash(torch.tensor([left]), right).item() for left in range(60) for right in range(-1, 60)}
    assert len(used) > 0.97 * 60 * 61  # of 100,000 buckets


def test_a_wide_path_that_has_not_been_trained_changes_nothing():
    plain, wide = network(), network(wide={"buckets": 50, "dropout": 0.5})
    ids = torch.randint(1, 9, (5, 6))
    torch.testing.assert_close(wide.eval()(ids), plain.eval()(ids))


def test_extra_vectors_stand_beside_the_embedding_and_are_frozen():
    model = network(extra_dimension=2)
    assert not model.extra_embedding.weight.requires_grad and model.recurrent.input_size == 3 + 2
    ids = torch.randint(1, 9, (5, 6))
    before = model(ids)
    with torch.no_grad():
        model.extra_embedding.weight += 1
    assert not torch.allclose(model(ids), before)


def test_r_drop_adds_the_divergence_of_two_passes():
    ids, labels = torch.randint(1, 9, (7, 6)), torch.tensor([1.0, 0, 1, 0, 1, 0, 1])
    model = network(dropout=NO_DROPOUT | {"rnn_output": 0.5})
    torch.manual_seed(2)
    loss, objective, logits = regularized_loss(model, ids, labels, r_drop=0.5)
    torch.manual_seed(2)
    first, second = model(torch.cat([ids, ids])).chunk(2)
    p, q = first.sigmoid(), second.sigmoid()
    divergence = sum(a * (a / b).log() + b * (b / a).log() for a, b in ((p, q), (1 - p, 1 - q))).mean()
    expected = (binary_cross_entropy_with_logits(first, labels) + binary_cross_entropy_with_logits(second, labels)) / 2
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(objective, expected + 0.5 * divergence)
    torch.testing.assert_close(logits, first)
    loss, objective, _ = regularized_loss(model.eval(), ids, labels, r_drop=3)
    torch.testing.assert_close(objective, loss)  # without dropout the passes are equal


def test_the_learning_rate_rises_and_falls_to_zero():
    factors = [linear_schedule(step, steps=10, warm_up=0.3) for step in range(11)]
    assert factors == pytest.approx([0.25, 0.5, 0.75, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7, 0])
    assert linear_schedule(0, steps=10, warm_up=0) == 1


def test_submodules_have_their_own_learning_rate():
    model = network(wide={"buckets": 50, "dropout": 0})
    (adam,) = make_optimizers(model, 0.003, {"embedding": 0.001, "wide": 0.01})
    rates = {id(parameter): group["lr"] for group in adam.param_groups for parameter in group["params"]}
    found = {name: rates[id(parameter)] for name, parameter in model.named_parameters()}
    assert found["embedding.weight"] == 0.001 and found["wide.weights.weight"] == 0.01
    assert {rate for name, rate in found.items() if name.split(".")[0] not in {"embedding", "wide"}} == {0.003}
