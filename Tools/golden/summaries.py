"""Parameters and multiply-adds of networks as PyTorch runs them, for Tests/CVModelsTests.

Counted at the convolutions, transposed convolutions and linear layers while a batch of one goes through: on PyTorch's
"meta" device, so that nothing is computed.
"""

from pathlib import Path

import torch
import torchvision
from torch import nn

from reference.resnet20 import ResNet as CIFARResNet

from .json_text import to_json
from .networks import Linears, LeNet5, SmallCNN, UNet
from .transformers import Transformer
from .yolov3_tiny import YOLOv3Tiny

PHOTOGRAPH, SMALL = [3, 224, 224], [3, 64, 64]


def networks():
    """Name, input and maker. Where a network is one of a family, the others are counted at a smaller size."""
    digits = [1, 28, 28]
    yield "logistic", digits, lambda: Linears(["fc"], [784, 10])
    yield "fully-connected", digits, lambda: Linears(["fc1", "fc2", "fc3"], [784, 256, 128, 10])
    yield "lenet5", digits, lambda: LeNet5(torch.tanh)
    yield "small-cnn", digits, SmallCNN
    for depth in (20, 32, 44, 56):
        yield f"resnet{depth}", [3, 32, 32], lambda blocks=(depth - 2) // 6: CIFARResNet(blocks)
    published = ["alexnet", "vgg16", "resnet18", "resnet34", "resnet50", "squeezenet1_0", "squeezenet1_1", "mobilenet_v2"]
    others = ["vgg11", "vgg13", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "resnet101", "resnet152"]
    for name in published + others:
        yield name, PHOTOGRAPH if name in published else SMALL, lambda name=name: torchvision.models.get_model(name)
    # An odd size: what comes up is filled.
    yield "unet-plain", [3, 70, 64], lambda: UNet(2, 4, 64, False, False)
    yield "yolov3-tiny", [3, 416, 416], YOLOv3Tiny
    for name, width in (("fast-style", 32), ("fast-style-w8", 8)):
        yield name, [3, 64, 40], lambda width=width: Transformer(width)


def count(network: nn.Module, shape: list[int]) -> dict:
    """What is stored of a network."""
    total = 0

    def add(module, inputs, output):
        nonlocal total
        # A transposed convolution spreads each input, the others gather each output.
        positions = inputs[0].numel() if isinstance(module, nn.ConvTranspose2d) else output.numel()
        total += positions * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            module.register_forward_hook(add)
    network.eval()(torch.empty(1, *shape))
    return {"input": shape, "parameters": sum(p.numel() for p in network.parameters()), "multiply_adds": total}


def write_summaries(output: Path) -> None:
    """All networks in one file, by name."""
    with torch.device("meta"), torch.no_grad():
        found = {name: count(make(), shape) for name, shape, make in networks()}
    output.write_text(to_json(found, depth=1) + "\n")
