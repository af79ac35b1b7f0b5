#!/usr/bin/env python3
"""A step of training, forward, backward and the change of the weights: `cvtool` against PyTorch, in float32.

    swift build -c release --product cvtool
    pip install -r Tools/bench/requirements.txt
    python3 Tools/bench/bench_training.py

Both train the same networks on images of random numbers, each turn in a process of its own. PyTorch has a turn with its
usual layout and one with channels last; what counts is the faster of the two. Rounds are interleaved; the ratio is the
median over the rounds of the ratio within a round. Memory is the most that a process held at a time.
"""

import sys
from typing import NamedTuple

from common import ROOT, print_machine, print_table
from torch_steps import HEADING, measure, memory_format, print_turn, step_parser

sys.path.insert(0, str(ROOT / "Tools"))


class Case(NamedTuple):
    network: str
    batch: int
    input: tuple[int, int, int]
    runs: int


CASES = [
    Case("resnet18", 8, (3, 224, 224), 5),
    Case("unet", 2, (3, 256, 256), 3),
    Case("small-cnn", 128, (1, 28, 28), 15),
    Case("resnet20", 128, (3, 32, 32), 8),
    Case("yolox-nano", 4, (3, 416, 416), 5),
    Case("yolov3-tiny", 4, (3, 416, 416), 5),
]


def torch_step(case: Case, channels_last: bool):
    """A function that makes one step."""
    import torch
    import torchvision
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(1)
    if case.network == "resnet18":
        net = torchvision.models.resnet18(weights=None)
    elif case.network == "resnet20":
        from reference.resnet20 import ResNet
        net = ResNet()
    elif case.network == "yolox-nano":
        from golden.yolox import YOLOX
        net = YOLOX(classes=80)
    elif case.network == "yolov3-tiny":
        from golden.yolov3_tiny import YOLOv3Tiny
        net = YOLOv3Tiny()
    elif case.network == "unet":
        from golden.networks import UNet
        net = UNet(2, 4, 64, False, False)
    else:
        net = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))
    layout = memory_format(channels_last)
    net = net.train().to(memory_format=layout)
    x = torch.rand(case.batch, *case.input).to(memory_format=layout)
    if case.network.startswith("yolo"):
        # The squares of all outputs in place of the loss, whose assignment of boxes to cells takes longer in PyTorch.
        def error(outputs):
            return sum((output ** 2).mean() for output in (outputs if isinstance(outputs, (tuple, list)) else [outputs]))

        optimizer = torch.optim.Adam(net.parameters(), 1e-4)
        y = None
    elif case.network == "unet":
        y = torch.arange(case.batch * 256 * 256).reshape(case.batch, 256, 256) % 2
        optimizer = torch.optim.Adam(net.parameters(), 1e-4)
    else:
        y = torch.arange(case.batch) % 10
        optimizer = torch.optim.SGD(net.parameters(), 0.01, 0.9)

    def step() -> None:
        optimizer.zero_grad()
        (error(net(x)) if y is None else functional.cross_entropy(net(x), y)).backward()
        optimizer.step()

    return step


def row(arguments, case: Case) -> list[str]:
    """A row of the table."""
    options = ["--train", case.network, "--batch-size", str(case.batch)]
    steps = measure(arguments, case.network, case.runs, options)
    return [f"{case.network}, {case.batch} × {'×'.join(map(str, case.input))}", *steps.cells()]


def main() -> None:
    arguments = step_parser(__doc__, "NETWORK").parse_args()
    if arguments.turn:
        case = next(case for case in CASES if case.network == arguments.turn[0])
        return print_turn(arguments, lambda channels_last: torch_step(case, channels_last))
    print_machine()
    rows = [row(arguments, case) for case in CASES if arguments.only in (None, case.network)]
    print_table(["a step of", *HEADING], rows)


if __name__ == "__main__":
    main()
