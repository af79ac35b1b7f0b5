"""Gives the layers of a TensorFlow Lite graph the keys of the toolkit's model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .package import PackageError

if TYPE_CHECKING:
    from .tflite_file import TFLiteLayer


@dataclass(frozen=True)
class Layer:
    """A layer by its key, with the kind and the shape that it must have in the graph."""

    key: str
    kind: str
    shape: tuple[int, ...]


def convolution(key: str, cin: int, cout: int, kernel: int = 1) -> Layer:
    """A convolution with a square window."""
    return Layer(key, "convolution", (cout, cin, kernel, kernel))


def depthwise(key: str, channels: int, kernel: int = 3) -> Layer:
    """A convolution of each channel."""
    return Layer(key, "depthwise", (channels, 1, kernel, kernel))


def prelu(key: str, channels: int) -> Layer:
    """A parametric ReLU."""
    return Layer(key, "prelu", (channels,))


def named(found: "list[TFLiteLayer]", expected: list[Layer]) -> dict[str, np.ndarray]:
    """The graph's arrays under the keys of the toolkit's model, as float32, in the order of the graph."""
    if len(found) != len(expected):
        raise PackageError(f"the graph has {len(found)} layers with weights; expected {len(expected)}")
    tensors: dict[str, np.ndarray] = {}
    for layer, given in zip(expected, found):
        if (given.kind, given.weight.shape) != (layer.kind, layer.shape):
            raise PackageError(f"{layer.key}: expected a {layer.kind} of {layer.shape}, "
                               f"found a {given.kind} of {given.weight.shape}")
        tensors[f"{layer.key}.weight"] = given.weight.astype("<f4")
        if given.bias is not None:
            tensors[f"{layer.key}.bias"] = given.bias.astype("<f4")
    return tensors
