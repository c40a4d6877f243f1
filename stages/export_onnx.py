"""Write a trained network as ONNX, for programs without PyTorch, and its vocabulary beside it.

    python stages/export_onnx.py bi_lstm-1 bi_lstm-1.onnx

in:   models/<model>.pt  a model by its name, or by the path of a .pt file
out:  <output>.onnx      from `ids`, int64 (batch, time), to `probability` of the positive class, float32 (batch,)
      <output>.json      tokenizer, max_length, padded, classes, and the vocabulary: the word of each id

All headlines of a batch have the same number of ids, at most max_length: one for each word, or, if `padded`, max_length
with zeros after the words. A headline without words is the id 0; a word that is not in the vocabulary has the id 1.
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_bytes, write_json
from sarcasm.network.model import LEFT, RIGHT, HeadlineClassifier, WidePath
from sarcasm.network.model_file import load
from sarcasm.network.saved_model import SavedModel

try:
    from onnx import TensorProto, helper, numpy_helper
except ImportError:  # not needed for anything else
    helper = None

GATES = {"LSTM": [0, 3, 1, 2], "GRU": [1, 0, 2], "RNN_TANH": [0]}  # those of ONNX, by their position in torch
Add = Callable[..., str]


def main(model: str, output: str) -> None:
    """Write both files."""
    if helper is None:
        raise InputError("the package onnx is not installed; `pip install onnx` installs it")
    path = Path(output)
    if path.suffix != ".onnx":
        raise InputError(f"{output}: expected a name that ends in .onnx")
    saved = load(model)
    if not isinstance(saved, SavedModel):
        raise InputError(f"{model}: the baseline, expected a network")
    data = to_onnx(saved.classifier.requires_grad_(False))
    settings = {name: getattr(saved, name) for name in ("tokenizer", "max_length", "classes", "vocabulary")}
    write_bytes(path, data)
    write_json(path.with_suffix(".json"), {"padded": not saved.bucketed, **settings})
    print(f"{path}: {len(data):,} bytes; vocabulary: {path.with_suffix('.json')}")


def to_onnx(network: HeadlineClassifier) -> bytes:
    """Return the network as an ONNX file; equal networks give equal bytes.

    Node by node, as torch's exporter (2.13) fixes the number of tokens if there are two recurrent layers.
    """
    nodes, constants = [], []

    def add(operator: str, *inputs: Any, **attributes: Any) -> str:
        """Add a node, each input the name of an output or a constant; return the name of its output."""
        names = [x if isinstance(x, str) else f"{operator}_{len(nodes)}_{place}" for place, x in enumerate(inputs)]
        for name, x in zip(names, inputs, strict=True):
            if name is not x:
                constants.append(numpy_helper.from_array(np.asarray(x), name))
        nodes.append(helper.make_node(operator, names, [f"{operator}_{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    ids = add("Transpose", "ids", perm=[1, 0])  # (time, batch)
    x = add("Gather", network.embedding.weight, ids)
    if network.extra_embedding is not None:
        x = add("Concat", x, add("Gather", network.extra_embedding.weight, ids), axis=2)
    if network.recurrent is not None:
        x = add_recurrent(add, network.recurrent, x)
    x = add("ReduceMean", x, [0], keepdims=0)  # (batch, width)
    x = add("Relu", add("Gemm", x, network.linear.weight, network.linear.bias, transB=1))
    x = add("Gemm", x, network.output.weight, network.output.bias, transB=1)  # (batch, 1)
    if network.wide is not None:
        x = add("Add", x, add_wide(add, network.wide))
    add("Squeeze", add("Sigmoid", x), [1])
    nodes[-1].output[0] = "probability"
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "time"])]
    outputs = [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["batch"])]
    graph = helper.make_graph(nodes, "network", inputs, outputs, constants)
    version = {"opset_imports": [helper.make_opsetid("", 18)], "ir_version": 8}  # of 2022, for older programs too
    return helper.make_model(graph, **version).SerializeToString()


def add_recurrent(add: Add, recurrent: nn.RNNBase, x: str) -> str:
    """Add the recurrent layers over x, (time, batch, width)."""
    gates, ends = GATES[recurrent.mode], ["", "_reverse"][: 1 + recurrent.bidirectional]
    attributes = {"direction": "bidirectional" if recurrent.bidirectional else "forward"}
    if recurrent.mode == "GRU":
        attributes["linear_before_reset"] = 1  # as in torch

    def weights(name: str) -> np.ndarray:
        """Return the weights of each direction, their gates in the order of ONNX."""
        parts = [np.split(getattr(recurrent, name + end).numpy(), len(gates)) for end in ends]
        return np.stack([np.concatenate([part[gate] for gate in gates]) for part in parts])

    for layer in range(recurrent.num_layers):
        w, r, *biases = (weights(f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        operator = recurrent.mode.removesuffix("_TANH")
        x = add(operator, x, w, r, np.concatenate(biases, axis=1), hidden_size=recurrent.hidden_size, **attributes)
        x = add("Reshape", add("Transpose", x, perm=[0, 2, 1, 3]), [0, 0, -1])  # directions beside each other
    return x


def add_wide(add: Add, wide: WidePath) -> str:
    """Add the wide path; its output is (batch, 1)."""
    left, right = add("Pad", "ids", [0, 1, 0, 0]), add("Pad", "ids", [0, 0, 0, 1])
    pairs = add("Add", add("Mul", left, LEFT), add("Mul", right, RIGHT))
    mixed = add("Concat", add("Sub", add("Mul", "ids", LEFT), RIGHT), pairs, axis=1)
    # `>> 16` is for unsigned numbers in ONNX; the division differs only for negative ones, which are of <pad>
    hashes = add("Mod", add("BitwiseXor", mixed, add("Div", mixed, 1 << 16)), wide.weights.num_embeddings)
    present = add("Sign", add("Concat", "ids", add("Add", left, right), axis=1))  # 0 or 1, as ids are not negative
    weights = add("Gather", wide.weights.weight[:, 0], hashes)
    total = add("ReduceSum", add("Mul", weights, add("Cast", present, to=TensorProto.FLOAT)), [1])
    words = add("Cast", add("ReduceSum", add("Sign", "ids"), [1]), to=TensorProto.FLOAT)
    return add("Div", total, add("Sqrt", add("Max", words, np.float32(1))))


if __name__ == "__main__":
    run(main, __doc__, "model", "output")
