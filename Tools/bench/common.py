"""What the benchmarks share: running the command, medians and ratios of interleaved rounds, tables."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


def argument_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cvtool", type=Path, default=ROOT / ".build" / "release" / "cvtool", metavar="FILE",
                        help="the command to measure (default: the release build of this package)")
    parser.add_argument("--rounds", type=int, default=15, metavar="N",
                        help="how often every competitor has its turn (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=7, metavar="N",
                        help="measured runs in a turn, after three to warm up (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=0, metavar="SECONDS",
                        help="before a round, wait for at most so long until others leave the machine alone (Linux)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rounds to this file too")
    return parser


def wait_for_quiet(patience: float) -> None:
    """Returns when all processors together were idle for nine tenths of half a second, or at the end of patience."""
    def idle_and_total() -> tuple[int, int]:
        times = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return times[3] + times[4], sum(times)

    end = time.monotonic() + patience
    while time.monotonic() < end:
        before = idle_and_total()
        time.sleep(0.5)
        idle, total = (after - start for after, start in zip(idle_and_total(), before))
        if idle >= 0.9 * total:
            return


class Turn(NamedTuple):
    """What one competitor did in one round, in milliseconds."""

    median: float
    fastest: float

    @staticmethod
    def of(times: list[float]) -> "Turn":
        return Turn(statistics.median(times), min(times))


def cvtool_report(command: Path, *options: str) -> dict:
    """What `cvtool benchmark` says with these options."""
    output = subprocess.run([command, "benchmark", "--json", *options], check=True, capture_output=True, text=True)
    return json.loads(output.stdout)


def cvtool_benchmark(command: Path, *options: str) -> dict[str, Turn]:
    """The times of each step that `cvtool benchmark` measures."""
    steps = cvtool_report(command, *options)["milliseconds"]
    return {step: Turn(times["median"], times["minimum"]) for step, times in steps.items()}


def take_turn(function, runs: int) -> Turn:
    """Calls `function` three times to warm up and then `runs` times."""
    for _ in range(min(3, runs)):
        function()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append((time.perf_counter() - start) * 1e3)
    return Turn.of(times)


class Rounds:
    """The turns by name, one of each name a round.

    On a shared machine all competitors of one round have about the same disturbance: a ratio is taken within each
    round, and the median of those ratios is what can be trusted. Times alone cannot. Where others come and go within a
    round, the ratio of the fastest runs of all is the better witness: those were hardly disturbed.
    """

    def __init__(self) -> None:
        self.turns: dict[str, list[Turn]] = {}

    def add(self, name: str, turn: Turn) -> None:
        self.turns.setdefault(name, []).append(turn)

    def median(self, name: str) -> float:
        return statistics.median(turn.median for turn in self.turns[name])

    def fastest(self, name: str) -> float:
        return min(turn.fastest for turn in self.turns[name])

    def fastest_ratio(self, name: str, other: str) -> float:
        """The same of the fastest run of each."""
        return self.fastest(name) / self.fastest(other)

    def ratio(self, name: str, other: str) -> float:
        """How many times as long `name` takes as `other`."""
        return statistics.median(self._ratios(name, other))

    def ratio_range(self, name: str, other: str) -> str:
        """Where the middle half of the rounds' ratios lies."""
        ratios = self._ratios(name, other)
        low, _, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
        return f"{low:.2f}–{high:.2f}"

    def _ratios(self, name: str, other: str) -> list[float]:
        return [a.median / b.median for a, b in zip(self.turns[name], self.turns[other], strict=True)]


def print_table(heading: list[str], rows: list[list[str]]) -> None:
    """A Markdown table, to be pasted into a README."""
    widths = [max(len(row[column]) for row in [heading, *rows]) for column in range(len(heading))]
    rule = ["-" * width for width in widths]
    for row in [heading, rule, *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    print()


def print_machine() -> None:
    """The processor and how busy it is: figures mean little without."""
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    print(f"{name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
