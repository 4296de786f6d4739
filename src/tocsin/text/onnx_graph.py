"""Forward passes as ONNX graphs made in memory, with products in 8 bits.

Weights have 7 bits and one scale a column; inputs have 8 bits around 128. 255 · 63 · 2 stays
below 2^15, so the 16-bit sums of processors without VNNI cannot overflow: a product is a sum of
whole numbers, exact on every processor, in whatever order and company it is computed. All else
in these graphs works on one row at a time. So a row's result depends on that row alone.

Graphs are run as they are written, without the runtime's own rewriting: its fused addition and
LayerNorm is slower.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

Floats = npt.NDArray[np.float32]
Axes = Sequence[str | int]

OPSET, IR_VERSION = 20, 10
_FUSED = "com.microsoft"

_WEIGHT_TOP = 63
_INPUT_TOP = 127
_INPUT_ZERO = 128
_LEAST_STEP = 1e-12
"""So that a row of zeros is not divided by zero."""

_KINDS = {"float": TensorProto.FLOAT, "int64": TensorProto.INT64}


class Graph:
    """Nodes and constants, as they are added; each gets a name of its own.

    Args:
        epsilon: what LayerNorm adds to a variance.
    """

    def __init__(self, epsilon: float) -> None:
        self._epsilon = epsilon
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._one = self.constant(np.float32(1))
        self._zero = self.constant(np.uint8(_INPUT_ZERO))
        self._no_shift = self.constant(np.int8(0))

    def constant(self, value: npt.NDArray[Any] | np.generic) -> str:
        """The name of ``value`` in the graph."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operation: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """The name of the result of an ONNX operation."""
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, inputs, [name], **attributes))
        return name

    def fused(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """One of the operations that the runtime has beside those of ONNX."""
        return self.node(operation, *inputs, domain=_FUSED, **attributes)

    def split(self, rows: str, parts: int) -> list[str]:
        """``rows`` cut along its last axis."""
        names = [f"n{len(self._nodes)}.{part}" for part in range(parts)]
        self._nodes.append(helper.make_node("Split", [rows], names, axis=-1, num_outputs=parts))
        return names

    def norm(self, rows: str, gain: Floats, shift: Floats, output: str = "") -> str:
        """LayerNorm over the last axis."""
        inputs = rows, self.constant(gain), self.constant(shift)
        return self.node(
            "LayerNormalization", *inputs, output=output, axis=-1, epsilon=self._epsilon
        )

    def linear(self, rows: str, weight: Floats, bias: Floats | None, *, planes: int = 1) -> str:
        """``rows · weight + bias``; each row has a scale of its own, that of its largest number.

        Args:
            weight: (in, out).
            planes: 2 adds a second product, of what 7 bits left over of the weights.
        """
        numbers, steps = self._scaled_rows(rows)
        left = weight
        products = []
        for _ in range(planes):
            whole, scales = eight_bits(left)
            inputs = numbers, self.constant(whole), self._one, self.constant(scales), self._zero
            products.append(self.fused("MatMulIntegerToFloat", *inputs))
            left = left - whole * scales
        total = products[0] if planes == 1 else self.node("Sum", *products)
        product = self.node("Mul", total, steps)
        return product if bias is None else self.node("Add", product, self.constant(bias))

    def _scaled_rows(self, rows: str) -> tuple[str, str]:
        """(uint8 numbers, float32 (..., 1) what one of their steps is worth)."""
        last = self.constant(np.array([-1]))
        top = self.node("ReduceMax", self.node("Abs", rows), last, keepdims=1)
        steps = self.node("Mul", top, self.constant(np.float32(1 / _INPUT_TOP)))
        steps = self.node("Max", steps, self.constant(np.float32(_LEAST_STEP)))
        whole = self.node("QuantizeLinear", self.node("Div", rows, steps), self._one, self._zero)
        return whole, steps

    def eight_bit(self, rows: str, step: float) -> str:
        """uint8 numbers of one fixed ``step``; what is above 127 of them is cut off."""
        return self.node("QuantizeLinear", rows, self.constant(np.float32(step)), self._zero)

    def linear_of(self, numbers: str, step: float, weight: Floats, bias: Floats) -> str:
        """``rows · weight + bias`` of rows that :meth:`eight_bit` made with ``step``."""
        whole, scales = eight_bits(weight * np.float32(step))
        inputs = numbers, self.constant(whole), self._one, self.constant(scales), self._zero
        return self.fused("MatMulIntegerToFloat", *inputs, self._no_shift, self.constant(bias))

    def serialised(self, inputs: Mapping[str, tuple[str, Axes]], output: str, width: int) -> bytes:
        """The graph, for :func:`session`.

        Args:
            inputs: kind of number (float, int64) and axes by name; an axis named is free.
            output: the name of the result, float32 (rows, ``width``).
        """
        given = [
            helper.make_tensor_value_info(name, _KINDS[kind], list(axes))
            for name, (kind, axes) in inputs.items()
        ]
        made = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["results", width])
        graph = helper.make_graph(self._nodes, "tocsin", given, [made], self._constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_FUSED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        serialised: bytes = model.SerializeToString()
        return serialised


def session(model: bytes) -> Any:
    """The graph ready to run, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.use_deterministic_compute = True
    options.enable_mem_pattern = False  # one would be kept for every length of text
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def eight_bits(weight: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Weight (in, out) → (int8 (in, out) between -63 and 63, float32 scale (out,))."""
    scales = (np.abs(weight).max(axis=0) / np.float32(_WEIGHT_TOP)).astype(np.float32)
    scales[scales == 0] = 1
    return np.rint(weight / scales).astype(np.int8), scales
