#!/usr/bin/env python3
"""A classifier behind sliding windows: all in one pass over the image against one by one.

    swift build -c release --product cvtool
    pip install numpy safetensors
    python3 Tools/bench/bench_windows.py

The same windows of the same image, by `cvtool detect --classifier` with and without --crop-windows; what is compared is
the time in the network. The small CNN has random weights: only its shapes matter here.
"""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from common import ROOT, Rounds, Turn, argument_parser, print_machine, print_table, wait_for_quiet
from safetensors.numpy import save_file


def small_cnn(path: Path) -> None:
    """Weights of `small-cnn` for gray images of 28 × 28."""
    shapes = {"conv1.weight": (32, 1, 3, 3), "conv1.bias": (32,), "conv2.weight": (64, 32, 3, 3), "conv2.bias": (64,),
              "fc1.weight": (128, 9216), "fc1.bias": (128,), "fc2.weight": (10, 128), "fc2.bias": (10,)}
    numbers = np.random.default_rng(1)
    state = {key: numbers.normal(0, 0.05, shape).astype(np.float32) for key, shape in shapes.items()}
    preparation = {"width": 28, "height": 28, "resize": "stretch", "filter": "bilinear", "fill": [0], "channels": "grey",
                   "mean": [0], "std": [255]}
    save_file(state, path, metadata={"model": "small-cnn", "task": "classify", "preprocessing": json.dumps(preparation),
                                     "labels": json.dumps([str(digit) for digit in range(10)])})


def turn(command: Path, weights: Path, image: Path, side: int, runs: int, *options: str) -> Turn:
    """The milliseconds in the network, of `runs` runs after one to warm up."""
    times = []
    for _ in range(runs + 1):
        result = subprocess.run(
            [command, "detect", image, "--classifier", weights, "--windows", str(side), "--conf", "1", "--no-image",
             "--timing", "--quiet", *options], check=True, capture_output=True, text=True)
        times.append(float(re.search(r"^network +([0-9.]+) ms", result.stderr, re.MULTILINE)[1]))
    return Turn.of(times[1:])


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--image", type=Path, default=ROOT / "SampleImages" / "room.jpg", metavar="FILE")
    arguments = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch) / "small-cnn.safetensors"
        small_cnn(small)
        cases = [("resnet20, every 4 pixels", ROOT / "Weights" / "resnet20-cifar10.safetensors", 64, []),
                 ("resnet20, every 8 pixels", ROOT / "Weights" / "resnet20-cifar10.safetensors", 64,
                  ["--window-stride", "8"]),
                 ("small-cnn, every 2 pixels", small, 56, [])]
        rows, results = [], {}
        for name, weights, side, options in cases:
            rounds = Rounds()
            for _ in range(arguments.rounds):
                wait_for_quiet(arguments.patience)
                for way, extra in (("one pass", []), ("cropped", ["--crop-windows"])):
                    rounds.add(way, turn(arguments.cvtool, weights, arguments.image, side, arguments.runs,
                                         *options, *extra))
            rows.append([name, f"{rounds.ratio('cropped', 'one pass'):.1f}", rounds.ratio_range("cropped", "one pass"),
                         f"{rounds.median('one pass'):.1f}", f"{rounds.median('cropped'):.1f}"])
            results[name] = rounds.turns
        print_table([arguments.image.name, "cropped / one pass", "middle half", "one pass, ms", "cropped, ms"], rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
