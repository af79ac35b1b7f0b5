"""Reads the layers of a TensorFlow Lite file, in the order in which its graph runs them."""

from dataclasses import dataclass

import numpy as np
import tflite

from .package import PackageError

# Operators that carry weights; a custom operator is known by its own name.
WEIGHTED = {
    tflite.BuiltinOperator.CONV_2D: "convolution",
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: "depthwise",
}
CUSTOM = {b"Convolution2DTransposeBias": "transposed"}
TYPES = {tflite.TensorType.FLOAT32: "<f4", tflite.TensorType.FLOAT16: "<f2"}


@dataclass(frozen=True)
class TFLiteLayer:
    """A convolution or a parametric ReLU of a graph, its arrays in the order of axes that PyTorch has."""

    # "convolution", "depthwise", "transposed" or "prelu".
    kind: str
    # Of a parametric ReLU, the slopes of the channels.
    weight: np.ndarray
    # A parametric ReLU has none.
    bias: np.ndarray | None


def read_layers(data: bytes) -> list[TFLiteLayer]:
    """The convolutions and parametric ReLUs of the first subgraph; half precision stays half precision."""
    model = tflite.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    # Files in half precision have a DEQUANTIZE before each use of a weight: from its output back to what is stored.
    stored: dict[int, int] = {}
    layers: list[TFLiteLayer] = []
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        code = model.OperatorCodes(operator.OpcodeIndex())
        builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if builtin == tflite.BuiltinOperator.DEQUANTIZE:
            stored[operator.Outputs(0)] = operator.Inputs(0)
            continue
        if builtin == tflite.BuiltinOperator.PRELU:
            slopes = _array(model, graph, stored.get(operator.Inputs(1), operator.Inputs(1)))
            layers.append(TFLiteLayer("prelu", slopes.reshape(-1), None))
            continue
        custom = code.CustomCode() if builtin == tflite.BuiltinOperator.CUSTOM else None
        kind = WEIGHTED.get(builtin) or CUSTOM.get(custom)
        if kind is None:
            continue
        if operator.InputsLength() != 3:
            raise PackageError(f"operator {index} of the graph, a {kind}, has no bias")
        weight, bias = (_array(model, graph, stored.get(position, position)) for position in operator.InputsAsNumpy()[1:].tolist())
        layers.append(TFLiteLayer(kind, _reordered(weight, kind), bias))
    return layers


def _array(model: tflite.Model, graph: tflite.SubGraph, index: int) -> np.ndarray:
    """The values of a tensor that the file stores."""
    tensor = graph.Tensors(index)
    if tensor.Type() not in TYPES:
        raise PackageError(f"tensor {tensor.Name().decode()} is of type {tensor.Type()}, not a float")
    values = model.Buffers(tensor.Buffer()).DataAsNumpy()
    return np.frombuffer(values.tobytes(), TYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy())


def _reordered(weight: np.ndarray, kind: str) -> np.ndarray:
    """OHWI to OIHW; depthwise 1HWC to C1HW; transposed OHWI to IOHW."""
    return weight.transpose({"convolution": (0, 3, 1, 2), "depthwise": (3, 0, 1, 2), "transposed": (3, 0, 1, 2)}[kind])
