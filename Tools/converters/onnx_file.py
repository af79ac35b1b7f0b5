"""Reads the arrays of an ONNX file, and undoes the block quantization that some files save space by.

A block-quantized file stores an array as int8 with a scale and a zero point for each block of its last axis, and restores it
in the graph: DequantizeLinear, then Reshape.
"""

import io

import numpy as np
import onnx

from .package import PackageError


def read_model(data: bytes) -> onnx.ModelProto:
    """The model with all its weights as float32 arrays: what restores them is computed here and left out of the graph.

    Inputs of the graph that only name an array are left out, too. Without block-quantized arrays it is the file's graph.
    """
    model = onnx.load(io.BytesIO(data))
    graph = model.graph
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    restored: dict[str, np.ndarray] = {}
    kept = []
    for node in graph.node:
        known = all(name in arrays for name in node.input)
        if node.op_type == "DequantizeLinear" and known:
            arrays[node.output[0]] = restored[node.output[0]] = dequantized(node, [arrays[name] for name in node.input])
        elif node.op_type == "Reshape" and node.input[0] in restored and known:
            shape = arrays[node.input[1]].tolist()
            arrays[node.output[0]] = restored[node.output[0]] = arrays[node.input[0]].reshape(shape)
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    given = [value for value in graph.input if value.name not in arrays and value.name in used]
    for field, values in (("node", kept), ("input", given)):
        graph.ClearField(field)
        getattr(graph, field).extend(values)
    graph.ClearField("initializer")
    graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in arrays.items() if name in used)
    return model


def dequantized(node: onnx.NodeProto, inputs: list[np.ndarray]) -> np.ndarray:
    """scale · (value − zero point), a scale and a zero point for each block along the quantized axis."""
    values, scales, zeros = inputs
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
    # A vector has one axis, whatever the file says.
    axis = min(axis, values.ndim - 1)
    blocks = scales.shape[axis]
    if values.shape[axis] % blocks != 0:
        raise PackageError(f"{node.name}: {values.shape} values do not divide into {scales.shape} blocks")
    repeats = values.shape[axis] // blocks
    scale, zero = (np.repeat(each, repeats, axis) for each in (scales, zeros))
    return (values.astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)


def read_arrays(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of the graph by their names, restored to float32 where they were block-quantized."""
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in read_model(data).graph.initializer}
