"""A step of `cvtool` and of PyTorch, each turn in a process of its own: what the benchmarks of training and style share.

PyTorch has a turn with its usual layout and one with channels last. A benchmark calls itself for those, by --turn.
"""

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable

from common import Rounds, Turn, argument_parser, take_turn, wait_for_quiet

LAYOUTS = ["torch", "torch channels last"]
HEADING = ["cvtool / torch", "middle half", "cvtool / channels last", "fastest runs (best layout)",
           "ms: cvtool / torch / channels last", "MiB of memory"]


def step_parser(description: str, case: str, kind: type = str) -> argparse.ArgumentParser:
    """A parser for cases of this kind, which the help calls `case`."""
    parser = argument_parser(description)
    parser.set_defaults(rounds=5)
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--only", type=kind, metavar=case, help="one of them alone")
    parser.add_argument("--turn", nargs=2, metavar=(case, "LAYOUT"), help="used by the script itself")
    return parser


def memory_format(channels_last: bool):
    """PyTorch's name for the layout."""
    import torch

    return torch.channels_last if channels_last else torch.contiguous_format


def print_turn(arguments: argparse.Namespace, make_step: Callable[[bool], Callable[[], None]]) -> None:
    """What the process of PyTorch's turn does: prints its times and memory.

    make_step: gives, for channels last or not, a function that makes one step.
    """
    import torch

    torch.set_num_threads(arguments.threads)
    turn = take_turn(make_step(arguments.turn[1] == LAYOUTS[1]), arguments.runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"median": turn.median, "fastest": turn.fastest, "memory": peak, "torch": torch.__version__}))


class Steps:
    """The turns of a case by name, and the most memory that each took."""

    def __init__(self) -> None:
        self.rounds, self.memory = Rounds(), {}

    def add(self, name: str, turn: Turn, memory: float) -> None:
        self.rounds.add(name, turn)
        self.memory[name] = max(self.memory.get(name, 0), memory)

    def cells(self) -> list[str]:
        """Those of a table's row, below `HEADING`."""
        rounds, (torch, channels_last) = self.rounds, LAYOUTS
        best = min(LAYOUTS, key=rounds.median)
        return [
            f"{rounds.ratio('cvtool', torch):.2f}", rounds.ratio_range("cvtool", torch),
            f"{rounds.ratio('cvtool', channels_last):.2f}", f"{rounds.fastest_ratio('cvtool', best):.2f}",
            " / ".join(f"{rounds.median(name):.0f}" for name in ["cvtool", *LAYOUTS]),
            " / ".join(f"{self.memory[name]:.0f}" for name in ["cvtool", *LAYOUTS]),
        ]


def measure(arguments: argparse.Namespace, case: str, runs: int, options: list[str]) -> Steps:
    """All rounds of a case, the `options` of `cvtool benchmark`; each round starts with another competitor."""
    def output(*command) -> dict:
        shared = ["--threads", str(arguments.threads), "--runs", str(runs)]
        return json.loads(subprocess.run([*command, *shared], check=True, capture_output=True, text=True).stdout)

    steps, names = Steps(), ["cvtool", *LAYOUTS]
    for number in range(arguments.rounds):
        start = number % len(names)
        wait_for_quiet(arguments.patience)
        for name in names[start:] + names[:start]:
            if name == "cvtool":
                found = output(arguments.cvtool, "benchmark", "--json", *options)
                times = found["milliseconds"]["step"]
                steps.add(name, Turn(times["median"], times["minimum"]), found["peakMegabytes"])
            else:
                found = output(sys.executable, sys.argv[0], "--turn", case, name)
                steps.add(name, Turn(found["median"], found["fastest"]), found["memory"])
    return steps
