"""PyTorch's results of whole networks for two sizes of images each, for Tests/CVModelsTests.

In inference mode, with seeded weights and inputs as in `networks`; an input has a seed of its own. Stored are the logits and
the gradient of Σ w · y with respect to the input, the weights w being 2u - 1 of the input's seed + 1. A network is fed
such inputs until all its rectifiers are away from their kinks.
"""

import json
from collections.abc import Callable
from pathlib import Path

import torch
import torchvision
from torch import nn

from reference.resnet20 import ResNet as CIFARResNet

from .json_text import to_json
from .mobile_nets import EfficientNetLite0, MobileNetV1
from .networks import LeNet5, Linears, Margin, SmallCNN, fill, signed, summary

SAMPLES = 24


def torchvision_case(name: str, *sizes: tuple[int, int], **options) -> tuple:
    """A network of torchvision: name, maker, sizes."""
    return name, lambda: getattr(torchvision.models, name)(num_classes=10, **options), sizes


def cases() -> list[tuple[str, Callable[[], nn.Module], tuple[tuple[int, int], ...]]]:
    """Name, maker, heights and widths. Those whose weights are made for a size have that one only."""
    weightless = {"init_weights": False}
    vgg = [
        torchvision_case(f"vgg{depth}{suffix}", (32, 32), (32, 65), **weightless)
        for suffix in ("", "_bn") for depth in (11, 13, 16, 19)
    ]
    return [
        ("logistic", lambda: Linears(["fc"], [784, 10]), ((28, 28),)),
        ("fully-connected", lambda: Linears(["fc1", "fc2", "fc3"], [784, 256, 128, 10]), ((28, 28),)),
        ("lenet5", lambda: LeNet5(torch.tanh), ((28, 28),)),
        ("small-cnn", SmallCNN, ((28, 28),)),
        ("resnet20", CIFARResNet, ((32, 32), (21, 40))),
        ("resnet56", lambda: CIFARResNet(blocks=9), ((32, 32), (21, 17))),
        torchvision_case("alexnet", (63, 63), (64, 95)),
        *vgg,
        *(torchvision_case(f"resnet{depth}", (32, 32), (33, 47)) for depth in (18, 34, 50, 101, 152)),
        torchvision_case("squeezenet1_0", (32, 32), (45, 51)),
        torchvision_case("squeezenet1_1", (32, 32), (45, 51)),
        ("mobilenet_v1", lambda: MobileNetV1(10), ((32, 32), (45, 51))),
        torchvision_case("mobilenet_v2", (32, 32), (45, 51)),
        torchvision_case("mobilenet_v3_small", (32, 32), (45, 51)),
        torchvision_case("mobilenet_v3_large", (32, 32), (45, 51)),
        ("efficientnet-lite0", lambda: EfficientNetLite0(10), ((32, 32), (45, 51))),
    ]


def made(network: Callable[[], nn.Module], seed: int) -> nn.Module:
    """The network with seeded weights; no time is spent on others."""
    with torch.device("meta"):
        empty = network()
    empty = empty.to_empty(device="cpu").requires_grad_(False).eval()
    fill(empty, seed)
    return empty.double()


def size_entry(network: nn.Module, seed: int, height: int, width: int, channels: int) -> dict:
    """The logits and the gradient for one input."""
    for attempt in range(200):
        input_seed = seed + 5000 + 2 * attempt
        x = signed(input_seed, 1, channels, height, width).double().requires_grad_()
        with Margin() as margin:
            y = network(x)
        if margin.least > 2e-6:
            (gradient,) = torch.autograd.grad((y * signed(input_seed + 1, *y.shape)).sum(), x)
            return {"seed": input_seed, "input": list(x.shape), "output": summary(y, SAMPLES),
                    "input_gradient": summary(gradient, SAMPLES)}
    raise SystemExit(f"{height}×{width}: no seed keeps all rectifiers away from their kinks")


def write_network_sizes(output: Path, only: list[str]) -> None:
    """One file for all. only: the names of those to make; the others stay as they are."""
    stored = json.loads(output.read_text()) if only and output.exists() else {}
    entries = {}
    for number, (name, network, sizes) in enumerate(cases()):
        if only and name not in only:
            entries |= {name: stored[name]} if name in stored else {}
            continue
        seed = 10000 * (5000 + number)
        filled = made(network, seed)
        channels = next(p for p in filled.parameters() if p.ndim > 1).shape[1]
        entries[name] = {"seed": seed, "sizes": [
            size_entry(filled, seed, height, width, channels if channels <= 3 else 1) for height, width in sizes]}
        print(name, entries[name]["sizes"][-1]["seed"] - seed, flush=True)
    output.write_text(to_json(entries, depth=2) + "\n")
