"""Style transfer in PyTorch: the costs and 50 steps of Adam, for Tests/CVStyleTests.

The golden's network has VGG-13's form with 6 to 12 channels and seeded weights; parameter i of its list has the seed
100 + i, uniform in ±sqrt(6 / fan-in) for weights and in ±0.1 for biases. The images are blocks of 8 × 8 pixels of
seeded colors with seeded noise (see `image`). All is computed in double precision.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from PIL import Image
from safetensors import safe_open
from torch import Tensor

from . import seeded

CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
WIDTHS = (6, 8, 10, 12, 12)
MEAN, STD = (120.0, 115.0, 100.0), (60.0, 58.0, 56.0)
STEPS = 50


class Features:
    """The feature maps of a VGG after each ReLU, up to the last one requested; the image's border is repeated around it."""

    def __init__(self, depth: int, state: dict[str, Tensor], mean: tuple, std: tuple, pooling: str = "max") -> None:
        self.depth, self.state, self.pooling = depth, state, pooling
        self.mean, self.std = (torch.tensor(v, dtype=torch.float64).reshape(1, 3, 1, 1) for v in (mean, std))

    def __call__(self, x: Tensor, names: set[str]) -> dict[str, Tensor]:
        """x: [1, 3, H, W], RGB from 0 to 1."""
        y = (x * 255 - self.mean.to(x)) / self.std.to(x)
        y = functional.pad(y, (1, 1, 1, 1), mode="replicate")
        maps: dict[str, Tensor] = {}
        position = 0
        for stage, count in enumerate(CONVOLUTIONS[self.depth]):
            if stage > 0:
                y = functional.max_pool2d(y, 2) if self.pooling == "max" else 2 * functional.avg_pool2d(y, 2)
            for number in range(count):
                weight, bias = (self.state[f"features.{position}.{kind}"].to(y) for kind in ("weight", "bias"))
                y = functional.relu(functional.conv2d(y, weight, bias, padding=1 if position else 0))
                name = f"conv{stage + 1}_{number + 1}"
                if name in names:
                    maps[name] = y
                    if len(maps) == len(names):
                        return maps
                position += 2
            position += 1
        return maps


def gram(x: Tensor) -> Tensor:
    """F · Fᵀ / pixels."""
    f = x.flatten(2)
    return f @ f.mT / f.shape[2]


def variation(x: Tensor) -> Tensor:
    """The mean square of the differences of neighbors."""
    across, down = x.diff(dim=3).square(), x.diff(dim=2).square()
    return (across.sum() + down.sum()) / (across.numel() + down.numel())


class Objective:
    """The three costs of an image; each divided by its targets' squares."""

    def __init__(self, features: Features, content: Tensor, style: Tensor, content_layers: list[str],
                 style_layers: list[str], weights: tuple[float, float, float]) -> None:
        self.features, self.weights = features, weights
        self.names = set(content_layers) | set(style_layers)
        with torch.no_grad():
            self.content = {n: v for n, v in features(content, self.names).items() if n in content_layers}
            self.style = {n: gram(v) for n, v in features(style, self.names).items() if n in style_layers}

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The weighted sum, then content, style and variation."""
        maps = self.features(x, self.names)
        content = sum((maps[n] - v).square().sum() / (2 * v.square().sum()) for n, v in self.content.items())
        style = sum((gram(maps[n]) - v).square().sum() / (4 * v.square().sum()) for n, v in self.style.items())
        parts = (content / len(self.content), style / len(self.style), variation(x))
        return sum(w * p for w, p in zip(self.weights, parts)), *parts


def descend(objective: Objective, start: Tensor, steps: int) -> list[list[float]]:
    """Steps of Adam on the pixels, which stay in 0…1; the costs before each: content, style, variation, sum."""
    image = start.clone().requires_grad_()
    adam = torch.optim.Adam([image], 0.02, betas=(0.9, 0.99))
    rows = []
    for _ in range(steps):
        adam.zero_grad()
        total, *parts = objective(image)
        (total * image.numel()).backward()
        rows.append([float(f"{v.item():.8g}") for v in (*parts, total)])
        adam.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return rows


def small_state() -> dict[str, Tensor]:
    """The weights of the golden's network."""
    state: dict[str, Tensor] = {}
    inputs, position, seed = 3, 0, 100
    for width, count in zip(WIDTHS, CONVOLUTIONS[13]):
        for _ in range(count):
            # In single precision, as the other side has them.
            bound = np.float32((6 / (9 * inputs)) ** 0.5)
            weight = (seeded.uniform(seed, width, inputs, 3, 3) * 2 - 1) * bound
            bias = (seeded.uniform(seed + 1, width) * 2 - 1) * np.float32(0.1)
            state[f"features.{position}.weight"] = torch.from_numpy(weight)
            state[f"features.{position}.bias"] = torch.from_numpy(bias)
            inputs, position, seed = width, position + 2, seed + 2
        position += 1
    return state


def image(seed: int, width: int, height: int) -> Tensor:
    """[1, 3, H, W], whole levels / 255, in double precision."""
    noise = seeded.uniform(seed, height, width, 3)
    colors = seeded.uniform(seed + 1, (height + 7) // 8, (width + 7) // 8, 3)
    blocks = colors.repeat(8, axis=0).repeat(8, axis=1)[:height, :width]
    levels = ((np.float32(0.75) * blocks + np.float32(0.25) * noise) * np.float32(255)).astype(np.uint8)
    return torch.from_numpy(levels).permute(2, 0, 1)[None].double() / 255


def load(weights: Path, pooling: str) -> Features:
    """VGG-16 with the weights and the preprocessing of a converted file."""
    with safe_open(weights, "pt") as file:
        state = {key: file.get_tensor(key).double() for key in file.keys()}
        preprocessing = json.loads(file.metadata()["preprocessing"])
    return Features(16, state, preprocessing["mean"], preprocessing["std"], pooling)


def read(path: Path, sides: tuple[int, int]) -> Tensor:
    """[1, 3, H, W] in 0…1."""
    image = Image.open(path).convert("RGB").resize(sides, Image.Resampling.BICUBIC)
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].double() / 255


def numbers(tensor: Tensor) -> list[float]:
    """All values, with seven digits."""
    return [float(f"{v:.7g}") for v in tensor.detach().ravel()]


def layout(x: Tensor, target: Tensor) -> Tensor:
    """The mean square of the differences of the mean colors of cells, 24 along the longer side."""
    cell = max(x.shape[2:]) // 24
    a, b = (functional.avg_pool2d(v, cell, ceil_mode=True) for v in (x, target))
    return functional.mse_loss(a, b)


def operations() -> dict:
    """A Gram matrix, a total variation and a layout of colors of seeded feature maps, with their gradients."""
    x, noise = ((torch.from_numpy(seeded.uniform(seed, 2, 3, 4, 5)) * 2 - 1).double().requires_grad_()
                for seed in (7, 9))
    weights = (torch.from_numpy(seeded.uniform(8, 2, 3, 3)) * 2 - 1).double()
    products, value = gram(x), variation(noise)
    (products * weights).sum().backward()
    value.backward()
    # Cells of 3 × 3 pixels, and what is left of them at two borders.
    colors, others = (torch.from_numpy(seeded.uniform(seed, 1, 3, 5, 73)).double().requires_grad_() for seed in (10, 11))
    cost = layout(colors, others.detach())
    cost.backward()
    return {"gram": numbers(products), "gram_gradient": numbers(x.grad), "variation": value.item(),
            "variation_gradient": numbers(noise.grad), "layout": cost.item(),
            "layout_gradient": numbers(colors.grad)}


def write_style(output: Path, weights: Path, images: Path) -> None:
    """The losses of 50 steps: of the small network with either pooling, and of the one that comes with the library."""
    layers, factors = ["conv1_1", "conv2_1", "conv3_1"], (0.05, 1, 1)
    content, style = image(1, 40, 32), image(3, 32, 36)
    cases = []
    for pooling in ("max", "average"):
        features = Features(13, small_state(), MEAN, STD, pooling)
        objective = Objective(features, content, style, ["conv3_2"], layers, factors)
        cases.append({"name": pooling, "losses": descend(objective, content, STEPS)})
    content, style = read(images / "portrait.jpg", (48, 48)), read(images / "coffee.jpg", (48, 32))
    # Not the maximum: in plain areas feature maps have equal neighbors, and the last bit of a convolution decides which of them
    # has the gradient; Adam makes a whole step of the difference.
    objective = Objective(
        load(weights / "vgg16-hed.safetensors", "average"), content, style, ["conv4_2"], [*layers, "conv4_1"], factors)
    cases.append({"name": "vgg16-hed", "losses": descend(objective, content, STEPS)})
    lines = [json.dumps(case, separators=(",", ":")) for case in cases]
    body = json.dumps(operations(), separators=(",", ":"))[1:-1]
    output.write_text("{" + body + ',"descents":[\n' + ",\n".join(lines) + "\n]}\n")
