#!/usr/bin/env python3
"""How well `cvtool verify` tells whether two photographs show the same person, from images to decision.

    swift build -c release --product cvtool
    python3 Tools/evaluate/verify_faces.py FOLDER

FOLDER has images whose names are Person_Name_VF.jpg: the person, one digit for the video, and one for the frame. A pair of the
same person is of two videos; as many pairs are of two people, and more of these measure the rate of false accepts. The
threshold is chosen on nine tenths of the people and used on the last, as the protocol of Labeled Faces in the Wild does.
With --keypoints (image,x0,y0,… of 68 points), also by how far the more turned face of a pair is turned: by how much nearer the tip of
the nose is to one end of the jaw than to the other, from 0 (from the front) to 1 (in profile). Needs numpy.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
FOLDS = 10
# The person, the digit of the video and that of the frame.
NAME = re.compile(r".+_\d\d")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="images named Person_Name_VF.jpg")
    parser.add_argument("--cvtool", type=Path, default=ROOT / ".build" / "release" / "cvtool", metavar="FILE")
    parser.add_argument("--model", metavar="NAMES", help="of cvtool verify (default: its own)")
    parser.add_argument("--detector", metavar="NAME", help="of cvtool verify (default: its own)")
    parser.add_argument("--pairs", type=int, default=10, metavar="N", help="of the same person, at most (default: %(default)s)")
    parser.add_argument("--others", type=int, default=20000, metavar="N",
                        help="pairs of two people for the rate of false accepts (default: %(default)s)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each n-th person (default: %(default)s)")
    parser.add_argument("--keypoints", type=Path, metavar="FILE", help="the 68 points of each image, as CSV")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    return parser.parse_args()


def image_pairs(options: argparse.Namespace) -> list[tuple[Path, Path, str, bool, bool]]:
    """Two images, the person of the first, whether they are of the same, and whether they count for the accuracy."""
    people: dict[str, list[Path]] = {}
    if not options.folder.is_dir():
        sys.exit(f"{options.folder}: not a folder; a folder with images named Person_Name_VF.jpg is expected")
    images = sorted(options.folder.glob("*.jpg"))
    for path in images:
        if NAME.fullmatch(path.stem):
            people.setdefault(path.stem.rsplit("_", 1)[0], []).append(path)
    names = sorted(people)[::options.every]
    if len(names) < FOLDS:
        sys.exit(f"{options.folder}: {len(images)} images (.jpg), of {len(names)} people with --every {options.every} by names such as "
                 f"Person_Name_VF.jpg (a digit for the video, one for the frame); {FOLDS} people at least are expected")
    numbers = np.random.default_rng(options.seed)

    def other(name: str) -> Path:
        found = name
        while found == name:
            found = names[numbers.integers(len(names))]
        return people[found][numbers.integers(len(people[found]))]

    pairs = []
    for name in names:
        own = people[name]
        same = [(a, b) for index, a in enumerate(own) for b in own[index + 1:] if a.stem[-2] != b.stem[-2]]
        numbers.shuffle(same)
        for first, second in same[:options.pairs]:
            pairs.append((Path(first), Path(second), name, True, True))
            pairs.append((Path(first), other(name), name, False, True))
    for index in range(options.others):
        name = names[index % len(names)]
        pairs.append((people[name][numbers.integers(len(people[name]))], other(name), name, False, False))
    return pairs


def distances(options: argparse.Namespace, pairs: list[tuple[Path, Path, str, bool, bool]]) -> tuple[np.ndarray, float]:
    """The distance of each pair, infinite without two faces; and the default threshold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("a", "b"), *((a.resolve(), b.resolve()) for a, b, *_ in pairs)])
        command = [options.cvtool, "verify", "--pairs", path, "--quiet"]
        for name in ("model", "detector"):
            if getattr(options, name):
                command += [f"--{name}", getattr(options, name)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    records = [json.loads(line) for line in output.splitlines()]
    found = np.array([np.inf if record["distance"] is None else record["distance"] for record in records])
    return found, records[0]["threshold"]


def best_threshold(found: np.ndarray, same: np.ndarray) -> float:
    """The distance up to which most pairs are decided rightly."""
    order = np.argsort(found, kind="stable")
    right = np.cumsum(same[order]) + (~same).sum() - np.cumsum(~same[order])
    return float(found[order][np.argmax(right)])


def turns(path: Path) -> dict[str, float]:
    """How far the face of each image is turned to a side, from 0 to 1, by its 68 points."""
    found = {}
    with path.open(newline="") as file:
        for row in list(csv.reader(file))[1:]:
            points = np.array(row[1:], dtype=float).reshape(68, 2)
            right, left = (np.linalg.norm(points[30] - points[end]) for end in (0, 16))
            found[row[0]] = abs(right - left) / (right + left)
    return found


def print_by_turn(path: Path, pairs: list, found: np.ndarray, same: np.ndarray, threshold: float) -> None:
    """How many pairs of the same person are accepted at a threshold, by the turn of the more turned face."""
    by_name = turns(path)
    turn = np.array([max(by_name[a.name], by_name[b.name]) for a, b, *_ in pairs])
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1)):
        chosen = (turn >= low) & (turn < high)
        own, others = chosen & same, chosen & ~same
        print(f"turned by {low:g} to {high:g}: {own.sum()} pairs of the same person, {np.isinf(found[own]).sum()} without two faces, "
              f"median distance {np.median(found[own]):.2f}, {np.mean(found[own] <= threshold):.1%} accepted; of {others.sum()} others "
              f"{np.mean(found[others] <= threshold):.2%}")


def main() -> None:
    options = arguments()
    pairs = image_pairs(options)
    found, default = distances(options, pairs)
    same, counts = (np.array([pair[index] for pair in pairs]) for index in (3, 4))
    people = sorted({pair[2] for pair in pairs})
    fold = np.array([people.index(pair[2]) % FOLDS for pair in pairs])
    if any(not (counts & same & (fold == index)).any() for index in range(FOLDS)):
        sys.exit(f"{options.folder}: too few people have images of two videos (the last digit but one of the name): each of "
                 f"{FOLDS} parts of the people needs one")
    rates, thresholds = [], []
    for index in range(FOLDS):
        chosen, tested = counts & (fold != index), counts & (fold == index)
        thresholds.append(best_threshold(found[chosen], same[chosen]))
        rates.append(np.mean((found[tested] <= thresholds[-1]) == same[tested]))
    print(f"{len(people)} people, {counts.sum()} pairs, {np.isinf(found[counts]).sum()} of them without two faces")
    print(f"accuracy {np.mean(rates):.4f} ± {np.std(rates) / FOLDS ** 0.5:.4f} at thresholds chosen on other people "
          f"({np.mean(thresholds):.3f})")
    print(f"accuracy {np.mean((found[counts] <= default) == same[counts]):.4f} at the default threshold {default:.3f}")
    for rate in (1e-2, 1e-3, 1e-4):
        threshold = np.quantile(found[~same], rate)
        print(f"true accepts {np.mean(found[same] <= threshold):.4f} at false accepts {rate:g} (distance {threshold:.3f})")
    if options.keypoints:
        print_by_turn(options.keypoints, pairs, found, same, np.quantile(found[~same], 1e-3))


if __name__ == "__main__":
    main()
