#!/usr/bin/env python3
"""Images of 12 megapixels: `cvtool` against Pillow, and the whole of `cvtool detect` on one of them.

    swift build -c release --product cvtool
    pip install -r Tools/bench/requirements.txt
    python3 Tools/bench/bench_images.py

The image is made here: gradients, blocks of texture and mild noise, 4000 × 3000, JPEG of quality 90. Decoding and
encoding are from and to memory; "resize" is to 640 × 640, bilinear and antialiased, in both. Pillow uses one thread.
"""

import io
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import PIL
from common import (Rounds, Turn, argument_parser, cvtool_benchmark, print_machine, print_table, take_turn,
                    wait_for_quiet)
from PIL import Image

WIDTH, HEIGHT = 4000, 3000
SIDE = 640


def make_image() -> Image.Image:
    """Something of the entropy of a photograph, the same every time."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    smooth = np.stack([128 + 90 * np.sin(x / 311 + y / 503), 128 + 80 * np.cos(x / 177 - y / 251),
                       255 * (x + y) / (HEIGHT + WIDTH)], axis=-1)
    blocks = random.integers(-40, 40, (HEIGHT // 20, WIDTH // 20, 3)).astype(np.float32).repeat(20, 0).repeat(20, 1)
    noise = random.normal(0, 6, (HEIGHT, WIDTH, 3)).astype(np.float32)
    return Image.fromarray(np.clip(smooth + blocks + noise, 0, 255).astype(np.uint8))


def pillow_steps(folder: Path) -> dict:
    """Each step as a function, by the name that the tables give it."""
    jpeg, png = (folder / "image.jpg").read_bytes(), (folder / "image.png").read_bytes()
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    return {
        "JPEG decode": lambda: Image.open(io.BytesIO(jpeg)).load(),
        "PNG decode": lambda: Image.open(io.BytesIO(png)).load(),
        "resize": lambda: image.resize((SIDE, SIDE), Image.Resampling.BILINEAR),
        "JPEG encode": lambda: image.save(io.BytesIO(), "JPEG", quality=90),
    }


def cvtool_steps(arguments, folder: Path, threads: int) -> dict[str, Turn]:
    """The times of the same steps, by the same names."""
    options = ["--model", "yolov3-tiny", "--no-network", "--imgsz", str(SIDE), "--threads", str(threads),
               "--runs", str(arguments.runs)]
    jpeg = cvtool_benchmark(arguments.cvtool, "--image", str(folder / "image.jpg"), *options)
    png = cvtool_benchmark(arguments.cvtool, "--image", str(folder / "image.png"), *options)
    return {"JPEG decode": jpeg["decode"], "PNG decode": png["decode"], "resize": jpeg["resize"],
            "JPEG encode": jpeg["encode"]}


def measure_steps(arguments, folder: Path) -> dict[str, Rounds]:
    """For each step, the rounds of Pillow and of cvtool with one and with all threads."""
    peers = pillow_steps(folder)
    results = {step: Rounds() for step in peers}
    for _ in range(arguments.rounds):
        wait_for_quiet(arguments.patience)
        for step, function in peers.items():
            results[step].add("Pillow", take_turn(function, arguments.runs))
        for threads in arguments.threads:
            for step, turn in cvtool_steps(arguments, folder, threads).items():
                results[step].add(f"cvtool {threads}", turn)
    return results


def report_steps(results: dict[str, Rounds], thread_counts: list[int]) -> None:
    """Prints the ratios and the times."""
    heading = [f"cvtool / Pillow {PIL.__version__}"]
    for threads in thread_counts:
        heading += [f"{threads} thread{'s' if threads > 1 else ''}", "middle half"]
    heading += ["Pillow ms", "cvtool ms"]
    rows = []
    for step, rounds in results.items():
        row = [step]
        for threads in thread_counts:
            row += [f"{rounds.ratio(f'cvtool {threads}', 'Pillow'):.2f}",
                    rounds.ratio_range(f"cvtool {threads}", "Pillow")]
        times = " / ".join(f"{rounds.median(f'cvtool {threads}'):.1f}" for threads in thread_counts)
        rows.append([*row, f"{rounds.median('Pillow'):.1f}", times])
    print_table(heading, rows)


LAUNCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
result = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([wall * 1e3, (used.ru_utime + used.ru_stime) * 1e3, used.ru_maxrss * 1024 / 1e6, result.stderr]))
"""
"""Runs a command from a small process: a child's peak memory begins with that of the process it was forked from."""


def detect_once(command: Path, image: Path, output: Path) -> dict[str, float]:
    """One process of `cvtool detect`: wall and processor time in ms, peak memory in MB, and what --timing says."""
    arguments = [command, "detect", image, "--model", "yolov3-tiny", "--timing", "--force", "--quiet", "-o", output]
    launched = subprocess.run([sys.executable, "-c", LAUNCHER, *arguments], check=True, capture_output=True, text=True)
    wall, processor, peak, timing = json.loads(launched.stdout)
    steps = {words[0]: float(words[1]) for words in map(str.split, timing.splitlines())}
    return {"wall": wall, "processor": processor, "peak MB": peak, **steps}


def report_detect(arguments, folder: Path) -> list[dict[str, float]]:
    """Runs the whole command once a round and prints the medians."""
    runs = []
    for _ in range(max(arguments.rounds, 5)):
        wait_for_quiet(arguments.patience)
        runs.append(detect_once(arguments.cvtool, folder / "image.jpg", folder / "found.jpg"))
    keys = list(runs[0])
    print(f"cvtool detect, the whole process: median ms of {len(runs)} runs\n")
    print_table(keys, [[f"{statistics.median(run[key] for run in runs):.1f}" for key in keys]])
    return runs


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="(default: 1 2)")
    arguments = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        image = make_image()
        image.save(folder / "image.jpg", quality=90)
        image.save(folder / "image.png", compress_level=6)
        results = measure_steps(arguments, folder)
        report_steps(results, arguments.threads)
        runs = report_detect(arguments, folder)
    if arguments.json:
        steps = {step: rounds.turns for step, rounds in results.items()}
        arguments.json.write_text(json.dumps({"steps": steps, "detect": runs}, indent=1))


if __name__ == "__main__":
    main()
