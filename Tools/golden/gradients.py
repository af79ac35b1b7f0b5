"""PyTorch's results and gradients of single operations on seeded inputs, for Tests/CVTensorTests.

A case is a name, the shapes of its inputs, and a function of them; the Swift test has the same function under the same
name. Inputs are made from seeds (see `seeded`), as 2u - 1: that of input i of case n of a group is 100·n + i. The
gradients are those of Σ w · y, the weights w having the seed 100·n + 99. One file for each group.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torchvision import ops

from . import seeded


def squeeze_excite(x, w1, b1, w2, b2):
    """Channels scaled by what two linear layers make of their means (Hu et al. 2017)."""
    s = torch.sigmoid(F.linear(F.relu(F.linear(x.mean((2, 3)), w1, b1)), w2, b2))
    return x * s[:, :, None, None]


def interpolate(mode, size, corners=None):
    """F.interpolate to a size."""
    return lambda x: F.interpolate(x, size=size, mode=mode, align_corners=corners)


# Image, left, top, right, bottom: inside, across an edge, outside, without an area.
REGIONS = torch.tensor([
    [0, 1.5, 2.25, 9.75, 11.0], [1, 0.0, 0.0, 16.0, 14.0], [1, -3.0, 4.0, 5.5, 18.5], [0, 40.0, 40.0, 50.0, 52.0],
    [0, 6.0, 6.0, 6.0, 6.0],
]).double()
IMAGE = [2, 4, 5, 6]
SMALL = [2, 4, 3, 4]
GROUPS = {
    "products": [
        ("matmul", [[5, 7], [7, 4]], torch.matmul),
        ("matmul transposeA", [[7, 5], [7, 4]], lambda a, b: a.T @ b),
        ("matmul transposeB", [[5, 7], [4, 7]], lambda a, b: a @ b.T),
        ("matmul batched, both transposed", [[2, 3, 7, 5], [2, 3, 4, 7]], lambda a, b: a.mT @ b.mT),
        ("matmul with one matrix", [[2, 3, 7], [7, 4]], torch.matmul),
        ("linear", [[6, 9], [5, 9], [5]], F.linear),
        ("linear of one row", [[1, 9], [5, 9], [5]], F.linear),
        ("linear of a sequence", [[2, 3, 9], [5, 9]], F.linear),
        ("sum", [[2, 3, 4, 5]], lambda x: x.sum((1, 3))),
        ("mean", [[2, 3, 4, 5]], lambda x: x.mean((0, -1), keepdim=True)),
        ("squeeze-excite", [IMAGE, [2, 4], [2], [4, 2], [4]], squeeze_excite),
    ],
    "activations": [
        ("relu", [SMALL], lambda x: F.relu(x * 6)),
        ("relu6", [SMALL], lambda x: F.relu6(x * 8)),
        ("leakyReLU", [SMALL], lambda x: F.leaky_relu(x * 6, 0.1)),
        ("sigmoid", [SMALL], lambda x: torch.sigmoid(x * 6)),
        ("silu", [SMALL], lambda x: F.silu(x * 6)),
        ("mish", [SMALL], lambda x: F.mish(x * 6)),
        ("tanh", [SMALL], lambda x: torch.tanh(x * 6)),
        ("elu", [SMALL], lambda x: F.elu(x * 6, 0.7)),
        ("hardSwish", [SMALL], lambda x: F.hardswish(x * 6)),
        ("softmax", [[3, 11]], lambda x: F.softmax(x * 6, -1)),
        ("softmax over channels", [SMALL], lambda x: F.softmax(x * 6, 1)),
        ("logSoftmax", [[3, 11]], lambda x: F.log_softmax(x * 6, -1)),
        ("logSoftmax over channels", [SMALL], lambda x: F.log_softmax(x * 6, 1)),
        ("hardSigmoid", [SMALL], lambda x: F.hardsigmoid(x * 6)),
        ("prelu", [SMALL, [4]], lambda x, slopes: F.prelu(x * 6, slopes)),
    ],
    "pooling": [
        ("max", [[2, 3, 7, 8]], lambda x: F.max_pool2d(x, 3, 2, 1)),
        ("max ceil", [[2, 3, 7, 8]], lambda x: F.max_pool2d(x, 3, 2, 0, ceil_mode=True)),
        ("max ceil, a window outside", [[1, 2, 5, 5]], lambda x: F.max_pool2d(x, 2, 3, 1, ceil_mode=True)),
        ("average", [[2, 3, 7, 8]], lambda x: F.avg_pool2d(x, 2)),
        ("average with padding", [[2, 3, 7, 8]], lambda x: F.avg_pool2d(x, 3, 2, 1)),
        ("average without padding", [[2, 3, 7, 8]], lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)),
        ("average ceil", [[2, 3, 6, 8]], lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True)),
        ("average ceil without padding", [[2, 3, 6, 8]],
         lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)),
        ("adaptive", [[2, 3, 7, 8]], lambda x: F.adaptive_avg_pool2d(x, (3, 5))),
        ("adaptive to more", [[1, 2, 3, 4]], lambda x: F.adaptive_avg_pool2d(x, (5, 7))),
        ("global average", [IMAGE], lambda x: F.adaptive_avg_pool2d(x, 1)),
        ("global max", [IMAGE], lambda x: x.amax((2, 3), keepdim=True)),
    ],
    "convolution": [
        ("conv2d", [[2, 3, 6, 7], [4, 3, 3, 3], [4]], lambda x, w, b: F.conv2d(x, w, b, 2, 1)),
        ("conv2d grouped", [[1, 4, 7, 7], [6, 2, 3, 3], [6]], lambda x, w, b: F.conv2d(x, w, b, 1, 2, 2, 2)),
        ("transposed", [[2, 3, 4, 5], [3, 4, 3, 3], [4]], F.conv_transpose2d),
        ("transposed with stride", [[2, 3, 4, 5], [3, 2, 3, 3], [2]],
         lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1)),
        ("transposed in groups", [[1, 4, 4, 5], [4, 3, 2, 2], [6]],
         lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 0, 0, 2)),
        ("transposed with dilation", [[1, 2, 4, 3], [2, 3, 3, 3]],
         lambda x, w: F.conv_transpose2d(x, w, None, 3, 2, 2, 1, 2)),
    ],
    "normalization": [
        ("batchNorm", [IMAGE, [4], [4]], lambda x, w, b: F.batch_norm(x, None, None, w, b, True, 0, 1e-5)),
        ("instanceNorm", [IMAGE, [4], [4]], lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=1e-3)),
        ("instanceNorm without parameters", [IMAGE], F.instance_norm),
        ("groupNorm", [IMAGE, [4], [4]], lambda x, w, b: F.group_norm(x, 2, w, b)),
        ("localResponseNorm", [[2, 7, 3, 4]], lambda x: F.local_response_norm(x * 4, 5, 0.5, 0.75, 2.0)),
        ("localResponseNorm of an even size", [[2, 7, 3, 4]], lambda x: F.local_response_norm(x, 4, 0.9, 0.6, 1.0)),
    ],
    "resampling": [
        ("bilinear", [[2, 2, 3, 4]], interpolate("bilinear", (7, 6), False)),
        ("bilinear aligned", [[2, 2, 3, 4]], interpolate("bilinear", (7, 6), True)),
        ("bilinear smaller", [[1, 2, 7, 8]], interpolate("bilinear", (3, 5), False)),
        ("bilinear aligned to one", [[1, 2, 7, 8]], interpolate("bilinear", (1, 4), True)),
        ("bilinear by a factor", [[1, 2, 3, 4]], lambda x: F.interpolate(x, scale_factor=2, mode="bilinear")),
        ("nearest", [[2, 2, 3, 4]], interpolate("nearest", (7, 6))),
        ("nearest smaller", [[1, 2, 7, 8]], interpolate("nearest", (3, 5))),
        ("nearest by a factor", [[1, 2, 3, 4]], lambda x: F.interpolate(x, scale_factor=3, mode="nearest")),
        ("zero padding", [[1, 2, 3, 4]], lambda x: F.pad(x, (1, 2, 3, 0))),
        ("reflection", [[1, 2, 3, 4]], lambda x: F.pad(x, (3, 2, 1, 2), mode="reflect")),
        ("edges repeated", [[1, 2, 3, 4]], lambda x: F.pad(x, (5, 2, 1, 4), mode="replicate")),
        ("gram", [[2, 3, 4, 5]], lambda x: x.flatten(2) @ x.flatten(2).mT / 20),
        ("roi align", [[2, 3, 7, 8]], lambda x: ops.roi_align(x, REGIONS, (3, 4), 0.5, 2, True)),
        ("roi align, as many samples as pixels", [[2, 3, 7, 8]], lambda x: ops.roi_align(x, REGIONS, (2, 2), 1, -1, True)),
        ("roi align, half a pixel off", [[2, 3, 7, 8]], lambda x: ops.roi_align(x, REGIONS, (2, 3), 0.5, -1, False)),
    ],
}


def digits(values: torch.Tensor) -> list[float]:
    """As a flat list, with the nine digits that tell any two float32 apart."""
    return [float(f"{value:.9g}") for value in values.detach().float().flatten().tolist()]


def evaluated(number: int, name: str, shapes: list[list[int]], function) -> dict:
    """One case with its results, computed in double precision."""
    def tensor(index: int, shape: list[int]) -> torch.Tensor:
        return torch.from_numpy(seeded.uniform(100 * number + index, *shape) * 2 - 1).double()

    inputs = [tensor(index, shape).requires_grad_() for index, shape in enumerate(shapes)]
    y = function(*inputs)
    gradients = torch.autograd.grad((y * tensor(99, list(y.shape))).sum(), inputs)
    return {"name": name, "inputs": shapes, "shape": list(y.shape), "output": digits(y),
            "gradients": [digits(gradient) for gradient in gradients]}


def write_gradients(folder: Path) -> None:
    """Writes a file for each group, a line for each case."""
    folder.mkdir(parents=True, exist_ok=True)
    for group, cases in GROUPS.items():
        lines = [json.dumps(evaluated(number, *case), separators=(",", ":")) for number, case in enumerate(cases)]
        (folder / f"{group}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
