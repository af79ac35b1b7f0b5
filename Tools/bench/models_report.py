"""What bench_models.py found, as tables and as JSON."""

import json
import math
import statistics
from collections.abc import Callable
from pathlib import Path

from bench_networks import Network
from common import Rounds, Turn, print_table
from peers import PEERS, SAME_PRECISION

LARGEST_ERROR = {"float32": 1e-2, "bf16": math.inf}
"""What computes something else is no competitor. Deep networks of random weights amplify rounding: by a thousand times, which
leaves nothing to be said of bfloat16."""


class Case:
    """What everybody did with one network and one number of threads.

    By the name of the competitor: versions, errors (compared with PyTorch), startup (seconds to the first result), memory
    (MiB at most), and failures (why it did not run).
    """

    def __init__(self, network: Network, threads: int, batch: int, precision: str) -> None:
        self.network, self.threads, self.batch, self.precision = network, threads, batch, precision
        self.rounds = Rounds()
        self.versions: dict[str, str] = {}
        self.errors: dict[str, float] = {}
        self.startup: dict[str, float] = {}
        self.memory: dict[str, float] = {}
        self.failures: dict[str, str] = {}

    def add(self, name: str, turn: Turn, memory: float) -> None:
        self.rounds.add(name, turn)
        self.memory[name] = max(self.memory.get(name, 0), memory)

    def has(self, name: str | None) -> bool:
        """Whether this competitor ran."""
        return name in self.rounds.turns

    @property
    def best(self) -> str | None:
        """The fastest competitor that does the same work."""
        equals = SAME_PRECISION if self.precision == "float32" else ["openvino-default"]
        limit = LARGEST_ERROR[self.precision]
        right = [name for name in equals if self.has(name) and self.errors[name] <= limit]
        return min(right, key=self.rounds.fastest, default=None)

    def ratio(self, name: str | None) -> float | None:
        """How many times as long cvtool takes; None if one of the two did not run."""
        return self.rounds.ratio("cvtool", name) if self.has("cvtool") and self.has(name) else None

    def fastest_ratio(self, name: str | None) -> float | None:
        """The same of the fastest runs."""
        return self.rounds.fastest_ratio("cvtool", name) if self.has("cvtool") and self.has(name) else None

    def milliseconds(self, name: str) -> str:
        """The time of a competitor as text."""
        if not self.has(name):
            return "failed" if name in self.failures else ""
        median = self.rounds.median(name)
        return f"{median:.0f}" if median >= 100 else f"{median:.1f}" if median >= 10 else f"{median:.2f}"

    def line(self) -> str:
        """One line about all, while others are still measured."""
        names = [name for name in ["cvtool", *PEERS] if self.has(name)]
        times = ", ".join(f"{name} {self.milliseconds(name)}" for name in names)
        failures = "".join(f"; {name}: {reason}" for name, reason in self.failures.items())
        return (f"{self.network.label}, {threads_text(self.threads)}: {times} ms; "
                f"cvtool / best {decimal(self.ratio(self.best))}{failures}")

    def json(self) -> dict:
        rounds, best = self.rounds, self.best
        times = {name: {"ms": rounds.median(name), "fastest_ms": rounds.fastest(name), "ratio": self.ratio(name),
                        "ratio_fastest": self.fastest_ratio(name), "error": self.errors[name],
                        "version": self.versions[name]} for name in rounds.turns if name != "cvtool"}
        own = self.has("cvtool")
        return {
            "model": self.network.label, "threads": self.threads, "batch": self.batch, "precision": self.precision,
            "best": best, "ratio": self.ratio(best), "ratio_fastest": self.fastest_ratio(best),
            "cvtool_ms": rounds.median("cvtool") if own else None,
            "cvtool_fastest_ms": rounds.fastest("cvtool") if own else None,
            "peers": times, "memory_mib": self.memory, "startup_s": self.startup, "failures": self.failures,
        }


def threads_text(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}"


def decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def geometric_mean(values: list[float | None]) -> float | None:
    """That of the values that are there; None without any."""
    values = [value for value in values if value is not None]
    return statistics.geometric_mean(values) if values else None


def competitors(cases: list[Case]) -> list[str]:
    """All that were to run one of the cases, in the usual order."""
    return [name for name in PEERS if any(case.has(name) or name in case.failures for case in cases)]


def pair(cases: list[Case], name: Callable[[Case], str | None]) -> str:
    """The ratio to a competitor, the geometric mean of several cases, and in parentheses that of the fastest runs."""
    ratio = geometric_mean([case.ratio(name(case)) for case in cases])
    fastest = geometric_mean([case.fastest_ratio(name(case)) for case in cases])
    return "" if ratio is None else f"{ratio:.2f} ({fastest:.2f})"


def print_times(cases: list[Case]) -> None:
    """The table of one number of threads."""
    names = competitors(cases)
    rows = []
    for case in cases:
        middle = case.rounds.ratio_range("cvtool", case.best) if case.ratio(case.best) is not None else ""
        rows.append([case.network.label, *(case.milliseconds(name) for name in ["cvtool", *names]),
                     *(pair([case], lambda _, name=name: name) for name in names), case.best or "",
                     pair([case], lambda case: case.best), middle])
    rows.append(["geometric mean", *[""] * (1 + len(names)),
                 *(pair(cases, lambda _, name=name: name) for name in names), "", pair(cases, lambda case: case.best), ""])
    print(f"{threads_text(cases[0].threads)}, batch {cases[0].batch}, cvtool in {cases[0].precision}: median "
          "milliseconds, and cvtool's time over each competitor's (in parentheses: of the fastest runs)\n")
    print_table(["", *(f"{name} ms" for name in ["cvtool", *names]), *(f"/ {name}" for name in names), "best",
                 "cvtool / best", "middle half"], rows)


def print_facts(title: str, cases: list[Case], names: list[str], value: Callable[[Case, str], str]) -> None:
    """A table of something that each competitor has for each network."""
    print(f"{title}\n")
    print_table(["", *names], [[case.network.label, *(value(case, name) for name in names)] for case in cases])


def print_report(cases: list[Case]) -> None:
    """All tables."""
    names = competitors(cases)
    versions = {name: version for case in cases for name, version in case.versions.items()}
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print("openvino-default is OpenVINO's own choice of precision: bfloat16 where the processor computes in it.\n")
    if all(case.errors.get("openvino-default", 1) < 1e-4 for case in cases):
        print("Here it is float32, by the errors below.\n")
    for threads in dict.fromkeys(case.threads for case in cases):
        own = [case for case in cases if case.threads == threads]
        print_times(own)
        print_facts(f"MiB of memory at most, {threads_text(threads)}", own, ["cvtool", *names],
                    lambda case, name: f"{case.memory[name]:.0f}" if name in case.memory else "")
        print_facts(f"Seconds to the first result, {threads_text(threads)}", own, ["cvtool", *names],
                    lambda case, name: decimal(case.startup.get(name)))
    first = [case for case in cases if case.threads == cases[0].threads]
    print_facts("Largest difference from PyTorch's result over its largest value", first, names,
                lambda case, name: f"{case.errors[name]:.0e}" if name in case.errors else "")
    for case in cases:
        for name, reason in case.failures.items():
            print(f"{case.network.label}, {threads_text(case.threads)}: {name} failed: {reason}")


def write_json(file: Path, cases: list[Case]) -> None:
    """All cases, and the geometric means by number of threads."""
    means = {}
    for threads in dict.fromkeys(case.threads for case in cases):
        own = [case for case in cases if case.threads == threads]
        means[str(threads)] = {
            "ratio": geometric_mean([case.ratio(case.best) for case in own]),
            "ratio_fastest": geometric_mean([case.fastest_ratio(case.best) for case in own]),
            "peers": {name: geometric_mean([case.ratio(name) for case in own]) for name in competitors(own)},
        }
    file.write_text(json.dumps({"results": [case.json() for case in cases], "geometric_mean": means}, indent=1) + "\n")
