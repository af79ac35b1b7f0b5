#!/usr/bin/env python3
"""The cut-out of a person from a photograph of 12 megapixels: JPEG in, PNG out.

    swift build -c release --product cvtool
    python3 Tools/bench/bench_segment.py

The portrait of the samples is upsampled to 4000 × 3000 with added grain, so that it is as hard to encode as a photograph. The
steps are those that `cvtool segment --timing` prints. What counts is all of them together over decoding and encoding alone,
within a round.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from common import ROOT, Rounds, Turn, argument_parser, print_machine, print_table, wait_for_quiet


def make_photograph(path: Path) -> None:
    """4000 × 3000 pixels."""
    portrait = Image.open(ROOT / "SampleImages" / "portrait.jpg").convert("RGB").crop((0, 0, 512, 384))
    large = np.asarray(portrait.resize((4000, 3000), Image.Resampling.BICUBIC)).astype(np.float32)
    grain = np.random.default_rng(1).normal(0, 4, large.shape[:2])[..., None]
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(path, quality=92)


def steps(command: Path, photograph: Path, folder: Path, options: list[str]) -> dict[str, float]:
    """The milliseconds of each step of one run."""
    result = subprocess.run(
        [command, "segment", photograph, "-o", f"{folder}/", "--force", "--quiet", "--timing", *options],
        check=True, capture_output=True, text=True)
    lines = (line.split() for line in result.stderr.splitlines() if line.endswith(" ms"))
    return {words[0]: float(words[1]) for words in lines}


def main() -> None:
    """Entry point."""
    parser = argument_parser(__doc__)
    parser.add_argument("--threads", type=int, metavar="N", help="threads of cvtool (default: all cores)")
    parser.set_defaults(rounds=7)
    arguments = parser.parse_args()
    options = ["--threads", str(arguments.threads)] if arguments.threads else []
    rounds = Rounds()
    print_machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photograph = folder / "photograph.jpg"
        make_photograph(photograph)
        steps(arguments.cvtool, photograph, folder, options)
        for _ in range(arguments.rounds):
            wait_for_quiet(arguments.patience)
            found = steps(arguments.cvtool, photograph, folder, options)
            found["decode + encode"] = found["decode"] + found["encode"]
            for step, time in found.items():
                rounds.add(step, Turn(time, time))
    print_table(["step", "ms (median)"], [[step, f"{rounds.median(step):.0f}"] for step in rounds.turns])
    print(f"total / (decode + encode): {rounds.ratio('total', 'decode + encode'):.2f}, "
          f"middle half {rounds.ratio_range('total', 'decode + encode')}")


if __name__ == "__main__":
    main()
