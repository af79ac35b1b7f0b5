"""Objects that `cvtool detect` finds, compared with those of a reference: what the comparisons of detectors share."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[2]
LEAST_IOU, MOST_SCORE = 0.99, 0.005


def parser(description: str, reference: str) -> argparse.ArgumentParser:
    """What every comparison takes: the file of the reference, images, and where `cvtool` is."""
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("reference", type=Path, metavar=reference)
    result.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    result.add_argument("--cvtool", type=Path, default=ROOT / ".build" / "release" / "cvtool", metavar="FILE")
    result.add_argument("--threads", type=int, default=1, metavar="N", help="of cvtool (default: %(default)s)")
    return result


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """IoU of two boxes given by their edges."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def detected(options: argparse.Namespace, image: Path, model: str, threshold: float, *others: object) -> list[dict]:
    """What `cvtool detect` finds in an image: class, confidence and box of each object."""
    command = [options.cvtool, "detect", image, "-m", model, "--json", "--no-image", "--quiet", "--conf", threshold,
               "--threads", options.threads, *others]
    output = subprocess.run([str(each) for each in command], capture_output=True, text=True)
    if output.returncode != 0:
        sys.exit(output.stderr.strip())
    return [{"class": each["class"], "confidence": each["confidence"], "box": np.array(each["box"])}
            for each in json.loads(output.stdout)["detections"]]


def compared(found: list[dict], expected: list[dict], threshold: float) -> tuple[list[tuple[float, float]], list[dict]]:
    """IoU and difference of scores of the pairs, and what is in one result alone."""
    pairs, rest, alone = [], list(found), []
    for truth in expected:
        best = max((each for each in rest if each["class"] == truth["class"]),
                   key=lambda each: overlap(each["box"], truth["box"]), default=None)
        if best is None or overlap(best["box"], truth["box"]) < 0.5:
            alone.append(truth)
            continue
        rest.remove(best)
        pairs.append((overlap(best["box"], truth["box"]), abs(best["confidence"] - truth["confidence"])))
    return pairs, [each for each in alone + rest if each["confidence"] > threshold + MOST_SCORE]


def compare(options: argparse.Namespace, threshold: float, find: Callable[[Path], list[dict]],
            reference: Callable[[Image.Image], list[dict]]) -> int:
    """Prints how well the objects agree, image by image: the exit code, 0 where all do.

    find: gives what cvtool finds in a file. reference: gives what is expected in an image in RGB.
    """
    count, worst_iou, worst_score, failures = 0, 1.0, 0.0, 0
    for path in options.images:
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        pairs, alone = compared(find(path), reference(image), threshold)
        iou, score = min((pair[0] for pair in pairs), default=1), max((pair[1] for pair in pairs), default=0)
        print(f"{path.name:20} {len(pairs):3} objects, {len(alone)} in one result alone, IoU ≥ {iou:.4f}, "
              f"scores within {score:.4f}", flush=True)
        count, worst_iou, worst_score = count + len(pairs), min(worst_iou, iou), max(worst_score, score)
        failures += len(alone) + sum(a < LEAST_IOU or b > MOST_SCORE for a, b in pairs)
    print(f"{count} objects in {len(options.images)} images: {failures} differ; IoU ≥ {worst_iou:.4f}, "
          f"scores within {worst_score:.4f}")
    return 1 if failures or not count else 0
