#!/usr/bin/env python3
"""A step of training, forward, backward and the change of the weights: `cvtool` against PyTorch, in float32.

    swift build -c release --product cvtool
    pip install -r Tools/bench/requirements.txt
    python3 Tools/bench/bench_training.py

Both train the same networks on pictures of random numbers, each turn in a process of its own. PyTorch has a turn with its
usual layout and one with channels last; what counts is the faster of the two. Rounds are interleaved; the ratio is the
median over the rounds of the ratio within a round. Memory is the most that a process held at a time.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from common import ROOT, Rounds, Turn, argument_parser, print_machine, print_table, take_turn, wait_for_quiet

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
]
LAYOUTS = ["torch", "torch channels last"]


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
        from twins.resnet20 import ResNet
        net = ResNet()
    elif case.network == "unet":
        from golden.networks import UNet
        net = UNet(2, 4, 64, False, False)
    else:
        net = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))
    layout = torch.channels_last if channels_last else torch.contiguous_format
    net = net.train().to(memory_format=layout)
    x = torch.rand(case.batch, *case.input).to(memory_format=layout)
    if case.network == "unet":
        y = torch.arange(case.batch * 256 * 256).reshape(case.batch, 256, 256) % 2
        optimizer = torch.optim.Adam(net.parameters(), 1e-4)
    else:
        y = torch.arange(case.batch) % 10
        optimizer = torch.optim.SGD(net.parameters(), 0.01, 0.9)

    def step() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step


def torch_turn(case: Case, layout: str, threads: int) -> None:
    """What the process of a turn does: prints its times and memory."""
    import torch

    torch.set_num_threads(threads)
    turn = take_turn(torch_step(case, layout == LAYOUTS[1]), case.runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"median": turn.median, "fastest": turn.fastest, "memory": peak, "torch": torch.__version__}))


def measure(arguments, case: Case) -> list[str]:
    """All rounds of a case; a row of the table."""
    rounds, memory = Rounds(), {}
    for number in range(arguments.rounds):
        names = ["cvtool", *LAYOUTS]
        start = number % len(names)
        wait_for_quiet(arguments.patience)
        for name in names[start:] + names[:start]:
            if name == "cvtool":
                command = [arguments.cvtool, "benchmark", "--json", "--train", case.network, "--batch-size",
                           str(case.batch), "--runs", str(case.runs), "--threads", str(arguments.threads)]
            else:
                command = [sys.executable, __file__, "--turn", case.network, name, "--threads", str(arguments.threads)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            if name == "cvtool":
                times = found["milliseconds"]["step"]
                found = {"median": times["median"], "fastest": times["minimum"], "memory": found["peakMegabytes"]}
            rounds.add(name, Turn(found["median"], found["fastest"]))
            memory[name] = max(memory.get(name, 0), found["memory"])
    best = min(LAYOUTS, key=rounds.median)
    return [
        f"{case.network}, {case.batch} × {'×'.join(map(str, case.input))}",
        f"{rounds.ratio('cvtool', LAYOUTS[0]):.2f}", rounds.ratio_range("cvtool", LAYOUTS[0]),
        f"{rounds.ratio('cvtool', LAYOUTS[1]):.2f}", f"{rounds.fastest_ratio('cvtool', best):.2f}",
        " / ".join(f"{rounds.median(name):.0f}" for name in ["cvtool", *LAYOUTS]),
        " / ".join(f"{memory[name]:.0f}" for name in ["cvtool", *LAYOUTS]),
    ]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.set_defaults(rounds=5)
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--only", metavar="NETWORK", help="one of them alone")
    parser.add_argument("--turn", nargs=2, metavar=("NETWORK", "LAYOUT"), help="used by the script itself")
    arguments = parser.parse_args()
    if arguments.turn:
        case = next(case for case in CASES if case.network == arguments.turn[0])
        torch_turn(case, arguments.turn[1], arguments.threads)
        return
    print_machine()
    rows = [measure(arguments, case) for case in CASES if arguments.only in (None, case.network)]
    print_table(
        ["a step of", "cvtool / torch", "middle half", "cvtool / channels last", "fastest runs (best layout)",
         "ms: cvtool / torch / channels last", "MiB of memory"], rows)


if __name__ == "__main__":
    main()
