"""PyTorch's results of single operations on seeded inputs, for Tests/CVTensorTests.

Only parameters and outputs are stored: the inputs are made again from their seeds (see `seeded`), as 2u - 1, so that
they lie in [-1, 1). The seed of a case is its number; its input, weight, bias … take the seeds 100·number + 0, 1, 2 …
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional

from . import seeded


def tensor(case: int, number: int, *shape: int) -> torch.Tensor:
    """The `number`-th seeded tensor of a case, in [-1, 1)."""
    return torch.from_numpy(seeded.uniform(100 * case + number, *shape) * 2 - 1)


def convolution(case: int, shape: list[int], filters: int, kernel: list[int], *, stride: int = 1,
                padding: tuple[int, int, int, int] = (0, 0, 0, 0), dilation: int = 1, groups: int = 1,
                bias: bool = True) -> dict:
    """conv2d; padding is left, right, top, bottom, as `torch.nn.functional.pad` wants it."""
    x = functional.pad(tensor(case, 0, *shape), padding)
    weight = tensor(case, 1, filters, shape[1] // groups, *kernel)
    offset = tensor(case, 2, filters) if bias else None
    y = functional.conv2d(x, weight, offset, stride, 0, dilation, groups)
    return entry("conv2d", shape, y, filters=filters, kernel=kernel, stride=stride, padding=list(padding),
                 dilation=dilation, groups=groups, bias=bias)


def max_pool(case: int, shape: list[int], kernel: int, stride: int, padding: int) -> dict:
    """max_pool2d with the same padding on all sides."""
    y = functional.max_pool2d(tensor(case, 0, *shape), kernel, stride, padding)
    return entry("maxPool2d", shape, y, kernel=[kernel, kernel], stride=stride, padding=[padding] * 4)


def batch_norm(case: int, shape: list[int], epsilon: float) -> dict:
    """batch_norm in inference; the variance is the seeded tensor + 1.5, so that it is positive."""
    channels = shape[1]
    mean, variance, weight, bias = (tensor(case, number, channels) for number in (1, 2, 3, 4))
    y = functional.batch_norm(tensor(case, 0, *shape), mean, variance + 1.5, weight, bias, False, 0, epsilon)
    return entry("batchNorm", shape, y, epsilon=epsilon)


def activation(case: int, name: str, function: torch.nn.Module) -> dict:
    """An activation on inputs stretched to [-8, 8)."""
    return entry(name, [1, 1, 4, 16], function(tensor(case, 0, 1, 1, 4, 16) * 8))


def upsample(case: int, shape: list[int], factor: int) -> dict:
    """Nearest-neighbor upsampling."""
    y = functional.interpolate(tensor(case, 0, *shape), scale_factor=factor, mode="nearest")
    return entry("upsampleNearest", shape, y, stride=factor)


def entry(operation: str, shape: list[int], y: torch.Tensor, **parameters) -> dict:
    """A case as it is stored: floats with the nine digits that tell any two float32 apart."""
    values = [float(f"{v:.9g}") for v in y.detach().numpy().astype(np.float32).ravel()]
    return {"operation": operation, "input": shape, **parameters, "shape": list(y.shape), "output": values}


def all_cases() -> list[dict]:
    """Every case; its index in the list is its number."""
    leaky = torch.nn.LeakyReLU(0.1)
    makers = [
        lambda n: convolution(n, [1, 3, 6, 7], 4, [3, 3], padding=(1, 1, 1, 1)),
        lambda n: convolution(n, [2, 4, 7, 5], 6, [3, 3], stride=2, padding=(1, 1, 1, 1), bias=False),
        lambda n: convolution(n, [1, 5, 4, 4], 9, [1, 1]),
        lambda n: convolution(n, [1, 3, 8, 8], 4, [3, 3], stride=2, padding=(0, 1, 0, 1)),
        lambda n: convolution(n, [1, 2, 9, 8], 3, [3, 3], padding=(2, 2, 2, 2), dilation=2),
        lambda n: convolution(n, [1, 6, 5, 6], 9, [3, 3], padding=(1, 1, 1, 1), groups=3),
        lambda n: convolution(n, [1, 8, 5, 5], 8, [3, 3], padding=(1, 1, 1, 1), groups=8, bias=False),
        lambda n: convolution(n, [1, 2, 6, 9], 3, [1, 7], padding=(3, 3, 0, 0)),
        lambda n: convolution(n, [1, 2, 9, 9], 2, [5, 3], stride=3, padding=(4, 1, 2, 3)),
        lambda n: max_pool(n, [1, 3, 6, 8], 2, 2, 0),
        lambda n: max_pool(n, [2, 2, 7, 7], 3, 2, 1),
        lambda n: max_pool(n, [1, 2, 6, 6], 5, 1, 2),
        lambda n: batch_norm(n, [2, 5, 3, 4], 1e-5),
        lambda n: batch_norm(n, [1, 3, 4, 5], 1e-3),
        lambda n: activation(n, "relu", torch.nn.ReLU()),
        lambda n: activation(n, "relu6", torch.nn.ReLU6()),
        lambda n: activation(n, "leakyReLU", leaky),
        lambda n: activation(n, "sigmoid", torch.nn.Sigmoid()),
        lambda n: activation(n, "silu", torch.nn.SiLU()),
        lambda n: activation(n, "mish", torch.nn.Mish()),
        lambda n: upsample(n, [1, 2, 3, 4], 2),
        lambda n: upsample(n, [2, 1, 2, 3], 3),
    ]
    return [make(number) for number, make in enumerate(makers)]


def write_operations(output: Path) -> None:
    """Writes all cases, a line each."""
    lines = [json.dumps(case, separators=(",", ":")) for case in all_cases()]
    output.write_text("[\n" + ",\n".join(lines) + "\n]\n")
