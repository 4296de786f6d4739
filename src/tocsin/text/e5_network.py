"""The forward pass of multilingual-e5-small, as an ONNX graph made in memory.

Architecture: BERT with 12 layers of width 384 (Wang et al. 2024, "Multilingual E5 Text
Embeddings", arXiv 2402.05672). For a text of L pieces with rows x (L, 384), each layer computes

    x = LayerNorm(x + O · attention(Q x, K x, V x))      12 heads of 32 numbers
    x = LayerNorm(x + W2 · gelu(W1 · x))

and the vector is the mean over pieces, of L2 norm 1.

Products are in 8 bits. Weights have 7 of them and one scale a column; the numbers of a piece
have one scale a piece: the marks <s> and </s> hold numbers about six times those of others, and
one scale for all would round the others away. 255 · 63 · 2 stays below 2^15, so the 16-bit
sums of processors without VNNI cannot overflow, and a product is exact on every processor.
Measured against float32 products: nearly three times as fast, cosine 0.9988 on average, and the
same translations found. Products of the 4-bit weights as stored were no faster than float32; one
scale for all pieces was a quarter faster, and three times as far from float32.

One text a run: nothing is padded, so a vector depends on its text alone. The graph is run as it
is written, without the runtime's own rewriting, whose fused addition and LayerNorm is slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.text.e5_file import HEADS, LAYERS, WIDTH, E5File, Floats, Linear, Norm

OPSET, IR_VERSION = 20, 10
_FUSED = "com.microsoft"

_WEIGHT_TOP = 63
_INPUT_TOP = 127
_INPUT_ZERO = 128


class E5Network:
    """The forward pass over pieces, on one thread."""

    def __init__(self, file: E5File) -> None:
        self._words = file.words
        self._places = file.places()
        self._session = _session(build(file))

    def vector(self, ids: Sequence[int]) -> Floats:
        """The vector (384,) of a text given as piece ids (at most 512)."""
        rows = self._words.floats(np.asarray(ids, dtype=np.int64))
        rows += self._places[: len(ids)]
        found: Floats = self._session.run(["vector"], {"rows": rows[None]})[0][0]
        return found


def _session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def build(file: E5File) -> bytes:
    """The graph, serialised: "rows" float32 (1, L, 384) → "vector" float32 (1, 384)."""
    graph = _Graph(file.epsilon)
    rows = graph.norm("rows", file.norm("emb.ln"))
    for number in range(LAYERS):
        rows = _layer(graph, rows, file, number)
    mean = graph.node("ReduceMean", rows, graph.constant(np.array([1])), keepdims=0)
    graph.node("LpNormalization", mean, output="vector", axis=-1, p=2)
    return graph.serialised()


def _layer(graph: _Graph, rows: str, file: E5File, number: int) -> str:
    looked = graph.split(graph.linear(rows, file.linear(number, "q", "k", "v")), 3)
    seen = graph.node("MultiHeadAttention", *looked, domain=_FUSED, num_heads=HEADS)
    gathered = graph.linear(seen, file.linear(number, "ao"))
    rows = graph.norm(graph.node("Add", rows, gathered), file.norm(f"l{number}.aln"))
    wide = graph.node("Gelu", graph.linear(rows, file.linear(number, "fi")))
    narrow = graph.linear(wide, file.linear(number, "fo"))
    return graph.norm(graph.node("Add", rows, narrow), file.norm(f"l{number}.oln"))


class _Graph:
    """Nodes and constants, as they are added; each gets a name of its own."""

    def __init__(self, epsilon: float) -> None:
        self._epsilon = epsilon
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._one = self.constant(np.float32(1))
        self._step = self.constant(np.float32(1 / _INPUT_TOP))
        self._zero = self.constant(np.uint8(_INPUT_ZERO))
        self._last = self.constant(np.array([-1]))
        self._zeros = self._zero_a_piece()

    def constant(self, value: npt.NDArray[Any] | np.generic) -> str:
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operation: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, inputs, [name], **attributes))
        return name

    def split(self, rows: str, parts: int) -> list[str]:
        """``rows`` cut along its last axis."""
        from onnx import helper

        names = [f"n{len(self._nodes)}.{part}" for part in range(parts)]
        self._nodes.append(helper.make_node("Split", [rows], names, axis=-1, num_outputs=parts))
        return names

    def norm(self, rows: str, norm: Norm) -> str:
        gain, shift = self.constant(norm.gain), self.constant(norm.shift)
        return self.node("LayerNormalization", rows, gain, shift, axis=-1, epsilon=self._epsilon)

    def linear(self, rows: str, linear: Linear) -> str:
        """``rows · Wᵀ + b``, with the product in 8 bits."""
        weight, scales = eight_bits(linear.weight)
        numbers, steps = self._eight_bit_rows(rows)
        inputs = (numbers, self.constant(weight), self._one, self.constant(scales), self._zero)
        product = self.node("MatMulIntegerToFloat", *inputs, domain=_FUSED)
        product = self.node("Mul", product, steps)
        return self.node("Add", product, self.constant(linear.bias))

    def _eight_bit_rows(self, rows: str) -> tuple[str, str]:
        """(uint8 numbers, float32 (1, L, 1) what one of their steps is worth).

        No row is all zero (biases stand before every product), so no step is.
        """
        top = self.node("ReduceMax", self.node("Abs", rows), self._last, keepdims=1)
        steps = self.node("Mul", top, self._step)
        flat = self.node("Reshape", steps, self._last)
        return self.node("QuantizeLinear", rows, flat, self._zeros, axis=1), steps

    def _zero_a_piece(self) -> str:
        """uint8 (L,): the number that stands for zero, once for each piece."""
        from onnx import numpy_helper

        pieces = self.node("Shape", "rows", start=1, end=2)
        zero = numpy_helper.from_array(np.array([_INPUT_ZERO], dtype=np.uint8))
        return self.node("ConstantOfShape", pieces, value=zero)

    def serialised(self) -> bytes:
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [1, "pieces", WIDTH])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, WIDTH])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_FUSED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        serialised: bytes = model.SerializeToString()
        return serialised


def eight_bits(weight: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Weight (out, in) → (int8 (in, out) between -63 and 63, float32 scale (out,))."""
    scales = (np.abs(weight).max(axis=1) / np.float32(_WEIGHT_TOP)).astype(np.float32)
    return np.rint(weight / scales[:, None]).astype(np.int8).T, scales
