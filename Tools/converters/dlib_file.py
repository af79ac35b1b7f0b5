"""Reads the parameters of dlib's ResNet-29 for faces from dlib's own serialization.

A parameter tensor is the number 2, four dimensions, and float32 values; numbers are stored as their length in bytes and
the bytes, the lowest first. The layers come in the order of the computation, with much between them: each tensor is looked
for by its dimensions, after the one before it.
"""

from dataclasses import dataclass

import numpy as np

from .package import PackageError


@dataclass(frozen=True)
class DlibConvolution:
    """A convolution and the affine layer after it, which training had as a batch normalization."""

    # "conv", or "layers.0.conv1" and the like.
    key: str
    # Filters, input channels, height and width of the window.
    shape: tuple[int, int, int, int]
    weight: np.ndarray
    bias: np.ndarray
    scale: np.ndarray
    shift: np.ndarray


def layers() -> list[tuple[str, tuple[int, int, int, int]]]:
    """The keys and the shapes of the 29 convolutions, in the order of the computation."""
    found = [("conv", (32, 3, 7, 7))]
    cin = 32
    widths = [32] * 3 + [64] * 4 + [128] * 3 + [256] * 4
    for index, cout in enumerate(widths):
        found += [(f"layers.{index}.conv1", (cout, cin, 3, 3)), (f"layers.{index}.conv2", (cout, cout, 3, 3))]
        cin = cout
    return found


def read_layers(data: bytes) -> tuple[list[DlibConvolution], np.ndarray]:
    """The convolutions, and the weight of the last layer, [128, 256]."""
    position = 0

    def take(*shape: int) -> np.ndarray:
        nonlocal position
        dimensions = [*shape, *[1] * (4 - len(shape))]
        header = b"".join(number(value) for value in (2, *dimensions))
        start = data.find(header, position)
        if start < 0:
            raise PackageError(f"no tensor of {shape} after byte {position}")
        position = start + len(header) + 4 * int(np.prod(shape))
        return np.frombuffer(data, "<f4", int(np.prod(shape)), start + len(header))

    convolutions = []
    for key, shape in layers():
        count = int(np.prod(shape))
        weights = take(count + shape[0])
        affine = take(2 * shape[0])
        convolutions.append(DlibConvolution(
            key, shape, weights[:count].reshape(shape), weights[count:], affine[:shape[0]], affine[shape[0]:]))
    return convolutions, take(256, 128).reshape(256, 128).T


def number(value: int) -> bytes:
    """A positive number as dlib stores it."""
    digits = value.to_bytes((value.bit_length() + 7) // 8, "little")
    return bytes([len(digits)]) + digits
