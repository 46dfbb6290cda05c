"""A fine-tuned encoder <-> the ONNX file that is shipped: matrices in 8 bits, for onnxruntime.

`restored` reads the file back into a rater that can learn on. Only with the extra `huabu[train]`.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper

from pipeline.encoder_training import POSITIONS, Rater
from pipeline.encoder_weights import SIZE, Weights
from pipeline.pieces import Pieces

QUANTISED = 64  # numbers that share a scale in the exported file
Tensors = dict[str, npt.NDArray[np.float32]]


def export(rater: Rater) -> bytes:
    """The rater as ONNX for one passage at a time, its matrices in 8 bits with a scale to each
    QUANTISED numbers. They are unpacked when the file is loaded: rounding activations too would
    move log-odds by 0.4 on average, rounding weights alone moves them by 0.04."""
    buffer = io.BytesIO()
    example = (torch.zeros(1, 20, SIZE), torch.ones(1, 20))
    torch.onnx.export(
        rater.eval(),
        example,
        buffer,
        input_names=["embedded", "own"],
        output_names=["logits"],
        dynamic_axes={"embedded": {1: "pieces"}, "own": {1: "pieces"}},
        opset_version=17,
        dynamo=False,
    )
    graph = onnx.load_from_string(buffer.getvalue())
    _quantise(graph)
    return bytes(graph.SerializeToString())


def _quantise(model: onnx.ModelProto) -> None:
    """Replace each matrix by its 8-bit numbers, a cast and a product, which the runtime folds."""
    nodes: list[onnx.NodeProto] = []
    for stored in list(model.graph.initializer):
        matrix = numpy_helper.to_array(stored)
        if matrix.ndim != 2 or matrix.size < SIZE * SIZE or matrix.shape[0] % QUANTISED:
            continue
        name = stored.name
        blocks = matrix.reshape(-1, QUANTISED, matrix.shape[1])
        scale = np.abs(blocks).max(1, keepdims=True) / 127.0 + 1e-12
        parts = {
            f"{name}.int8": np.round(blocks / scale).astype(np.int8),
            f"{name}.scale": scale.astype(np.float32),
            f"{name}.shape": np.array(matrix.shape, dtype=np.int64),
        }
        model.graph.initializer.remove(stored)
        model.graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in parts.items())
        nodes += [
            onnx.helper.make_node("Cast", [f"{name}.int8"], [f"{name}.wide"], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node("Mul", [f"{name}.wide", f"{name}.scale"], [f"{name}.scaled"]),
            onnx.helper.make_node("Reshape", [f"{name}.scaled", f"{name}.shape"], [name]),
        ]
    for node in reversed(nodes):
        model.graph.node.insert(0, node)


def restored(content: bytes, pieces: Pieces, embeddings: npt.NDArray[np.uint8]) -> Rater:
    """The rater of an exported file; its matrices are those of 8 bits."""
    graph = onnx.load_from_string(content).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    matrices = {
        name: stored[f"{name}.int8"].astype(np.float32) * stored[f"{name}.scale"]
        for name in (key.removesuffix(".int8") for key in stored if key.endswith(".int8"))
    }
    shaped = {name: blocks.reshape(stored[f"{name}.shape"]) for name, blocks in matrices.items()}
    tensors = _tensors(graph, stored, shaped)
    layers = 1 + max(int(name[1:].partition(".")[0]) for name in tensors if name[1:2].isdigit())
    rater = Rater(Weights(pieces, embeddings, tensors, layers))
    for name, buffer in (("centre", rater.centre), ("scale", rater.scale)):
        buffer.copy_(torch.from_numpy(stored[name].copy()))
    rater.head.weight.data = torch.from_numpy((stored | shaped)["head.weight"].copy())
    rater.head.bias.data = torch.from_numpy(stored["head.bias"].copy())
    return rater.eval()


def _tensors(graph: onnx.GraphProto, stored: Tensors, matrices: Tensors) -> Tensors:
    """The tensors of `Weights`: a matrix has lost its name in the file and is known by the bias that
    is added to its product, and it stands there transposed."""
    added = {
        product: bias
        for node in graph.node
        if node.op_type == "Add"
        for product, bias in (tuple(node.input), tuple(reversed(node.input)))
        if bias.startswith("layers.")
    }
    found: Tensors = {}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in matrices:
            _, layer, part, _ = added[node.output[0]].split(".")
            found[f"l{layer}.{part}.w"] = np.ascontiguousarray(matrices[node.input[1]].T)
            found[f"l{layer}.{part}.b"] = stored[added[node.output[0]]]
    for name, values in stored.items():
        match name.split("."):
            case ["layers", layer, ("aln" | "oln") as part, kind]:
                found[f"l{layer}.{part}.{kind[0]}"] = values
            case ["norm", kind]:
                found[f"emb.ln.{kind[0]}"] = values
    position = next(v for v in (*stored.values(), *matrices.values()) if v.shape == (POSITIONS, SIZE))
    return found | {"emb.pos": position.ravel(), "emb.type": np.zeros(SIZE, dtype=np.float32)}
