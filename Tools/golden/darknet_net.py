"""Darknet networks in PyTorch, built from any `.cfg` of the layers that the toolkit reads.

Written after darknet's parser.c and layers (github.com/AlexeyAB/darknet), one function a layer. A yolo section computes
nothing here: its input is the raw head, which is what the goldens hold.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from converters.darknet_weights import DarknetWeights

from .yolo_decode import Head
from .yolov3_tiny import BATCH_NORM_EPSILON, LEAKY_SLOPE

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "leaky": lambda x: F.leaky_relu(x, LEAKY_SLOPE),
    "relu": F.relu,
    "relu6": F.relu6,
    "mish": F.mish,
    "swish": F.silu,
    "logistic": torch.sigmoid,
}


class Section(dict[str, str]):
    """One section of a cfg: its type and its options."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        return int(self.get(key, default))

    def numbers(self, key: str) -> list[float]:
        """A list of numbers separated by commas."""
        return [float(part) for part in self.get(key, "").split(",") if part.strip()]


def parse(cfg: str) -> list[Section]:
    """The sections in their order; the first is [net]. Comments start with # or ;."""
    sections: list[Section] = []
    for line in (raw.split("#")[0].split(";")[0].strip() for raw in cfg.splitlines()):
        if line.startswith("["):
            sections.append(Section(line.strip("[]")))
        elif line:
            key, value = line.split("=", 1)
            sections[-1][key.strip()] = value.strip()
    return sections


@dataclass(frozen=True)
class RawHead:
    """The input of a yolo section, [channels, h, w], and what decoding it takes."""

    layer: int
    values: np.ndarray
    head: Head


def run(cfg: str, weights: DarknetWeights, pixels: np.ndarray) -> list[RawHead]:
    """Runs the network on one input [3, h, w]; consumes the weights to the last."""
    net, *layers = parse(cfg)
    outputs: list[Tensor] = []
    heads: list[RawHead] = []
    x = torch.from_numpy(pixels)[None]
    for index, section in enumerate(layers):
        if section.kind == "convolutional":
            x = convolutional(section, weights, x)
        elif section.kind == "yolo":
            heads.append(RawHead(index, x[0].numpy(), head_of(section, net)))
        else:
            x = LAYERS[section.kind](section, outputs, x)
        outputs.append(x)
    weights.finish()
    return heads


def convolutional(section: Section, weights: DarknetWeights, x: Tensor) -> Tensor:
    """`pad=1` means half of the kernel; otherwise `padding` says how much."""
    filters, size, groups = section.integer("filters", 1), section.integer("size", 1), section.integer("groups", 1)
    padding = size // 2 if section.integer("pad", 0) else section.integer("padding", 0)
    take = lambda *shape: torch.tensor(weights.take(*shape))
    bias, normalized = take(filters), section.integer("batch_normalize", 0)
    scale, mean, variance = (take(filters) for _ in range(3)) if normalized else (None, None, None)
    kernel = take(filters, x.shape[1] // groups, size, size)
    y = F.conv2d(x, kernel, None if normalized else bias, section.integer("stride", 1), padding, groups=groups)
    if normalized:
        y = F.batch_norm(y, mean, variance, scale, bias, eps=BATCH_NORM_EPSILON)
    return ACTIVATIONS[section.get("activation", "logistic")](y)


def maxpool(section: Section, outputs: list[Tensor], x: Tensor) -> Tensor:
    """Pads size − 1 in all by default, the smaller half to the left and at the top, with −inf."""
    stride = section.integer("stride", 1)
    size = section.integer("size", stride)
    padding = section.integer("padding", size - 1)
    before, after = padding // 2, padding - padding // 2
    return F.max_pool2d(F.pad(x, (before, after, before, after), value=float("-inf")), size, stride)


def route(section: Section, outputs: list[Tensor], x: Tensor) -> Tensor:
    """Earlier outputs one after another; with `groups`, only one slice of each one's channels."""
    groups, group = section.integer("groups", 1), section.integer("group_id", 0)
    return torch.cat([outputs[int(i)].chunk(groups, dim=1)[group] for i in section.numbers("layers")], dim=1)


def shortcut(section: Section, outputs: list[Tensor], x: Tensor) -> Tensor:
    """Adds an earlier output; the previous layer's channels stay, and the smaller count is added."""
    other = outputs[section.integer("from", -1)]
    shared = min(x.shape[1], other.shape[1])
    y = torch.cat([x[:, :shared] + other[:, :shared], x[:, shared:]], dim=1)
    return ACTIVATIONS[section.get("activation", "linear")](y)


def upsample(section: Section, outputs: list[Tensor], x: Tensor) -> Tensor:
    """Repeats each pixel `stride` times both ways."""
    return F.interpolate(x, scale_factor=section.integer("stride", 2), mode="nearest")


LAYERS: dict[str, Callable[[Section, list[Tensor], Tensor], Tensor]] = {
    "maxpool": maxpool, "route": route, "shortcut": shortcut, "upsample": upsample,
    "dropout": lambda section, outputs, x: x,
}


def head_of(section: Section, net: Section) -> Head:
    """What decoding needs from a yolo section."""
    values = section.numbers("anchors")
    pairs = list(zip(values[::2], values[1::2]))
    mask = [int(i) for i in section.numbers("mask")] or list(range(len(pairs)))
    return Head(
        anchors=tuple(pairs[i] for i in mask), classes=section.integer("classes", 20),
        width=net.integer("width", 0), height=net.integer("height", 0),
        scale_x_y=float(section.get("scale_x_y", 1)), new_coords=bool(section.integer("new_coords", 0)))
