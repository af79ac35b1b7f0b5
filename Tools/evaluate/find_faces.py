#!/usr/bin/env python3
"""How many faces `cvtool faces detect` finds, how small they may be, and what else it takes for one.

    swift build -c release --product cvtool
    python3 Tools/evaluate/find_faces.py FACES [--people COCO.json] [--without FOLDER] [--detectors NAME ...]

FACES is a folder with keypoints.csv (image,x0,y0,…: 68 points of the one face) and images. Each image is measured as it is, and
shrunk so that the face has so many pixels (the longer side of the box around its points), in the middle of a gray image of
640 × 480. A face is found where a box overlaps that of the points by 0.3 at least. COCO.json has boxes of people in images in
`images/` beside it: faces outside of all of them are false ones. FOLDER has images without faces. Needs numpy and Pillow.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SIZES = (12, 16, 20, 24, 32, 48)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path, help="a folder with keypoints.csv and images")
    parser.add_argument("--people", type=Path, metavar="COCO.json")
    parser.add_argument("--without", type=Path, metavar="FOLDER", help="images without faces")
    parser.add_argument("--detectors", nargs="+", default=["yunet", "blazeface-short", "blazeface-full"], metavar="NAME")
    parser.add_argument("--threshold", type=float, metavar="P", help="(default: the detector's own)")
    parser.add_argument("--min-size", type=int, metavar="N", help="(default: cvtool's own)")
    parser.add_argument("--every", type=int, default=10, metavar="N", help="only each n-th image (default: %(default)s)")
    parser.add_argument("--cvtool", type=Path, default=ROOT / ".build" / "release" / "cvtool", metavar="FILE")
    return parser.parse_args()


def read_faces(folder: Path, every: int) -> list[tuple[Path, np.ndarray]]:
    """The images and the boxes around their points: left, top, right, bottom."""
    with (folder / "keypoints.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:][::every]
    faces = []
    for row in rows:
        points = np.array([float(v) for v in row[1:137]]).reshape(-1, 2)
        path = folder / "images" / row[0]
        faces.append((path if path.exists() else folder / row[0], np.concatenate([points.min(0), points.max(0)])))
    if not faces:
        sys.exit(f"{folder / 'keypoints.csv'} lists no images")
    return faces


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    if (sides <= 0).any():
        return 0.0
    inside = sides.prod()
    return inside / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inside)


def find(options: argparse.Namespace, detector: str, paths: list[Path]) -> tuple[list[list[dict]], float]:
    """The faces in each image, and the milliseconds an image took."""
    command = [options.cvtool, "faces", "detect", "--detector", detector, "--json", "--no-image", "--quiet"]
    for name in ("threshold", "min_size"):
        if getattr(options, name) is not None:
            command += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    start = time.monotonic()
    output = subprocess.run([*command, *paths], check=True, capture_output=True, text=True).stdout
    seconds = time.monotonic() - start
    found = [json.loads(line)["faces"] for line in output.splitlines()]
    return found, 1000 * seconds / len(paths)


def box(face: dict) -> np.ndarray:
    """Left, top, right, bottom."""
    value = face["box"]
    if isinstance(value, dict):
        value = [value[key] for key in ("minX", "minY", "maxX", "maxY")]
    return np.array(value, float)


def shrunk(faces: list[tuple[Path, np.ndarray]], size: int, folder: Path) -> list[tuple[Path, np.ndarray]]:
    """The same faces with `size` pixels in the middle of a gray image."""
    result = []
    for index, (path, truth) in enumerate(faces):
        image = Image.open(path).convert("RGB")
        scale = size / (truth[2:] - truth[:2]).max()
        small = image.resize([max(1, round(side * scale)) for side in image.size], Image.Resampling.BOX, reducing_gap=None)
        canvas = Image.new("RGB", (640, 480), (118, 118, 118))
        corner = np.array([(640 - small.width) // 2, (480 - small.height) // 2])
        canvas.paste(small, tuple(corner.tolist()))
        target = folder / f"{size}-{index}.png"
        canvas.save(target, compress_level=1)
        result.append((target, truth * scale + np.tile(corner, 2)))
    return result


def report_recall(options: argparse.Namespace, detector: str, title: str, faces: list[tuple[Path, np.ndarray]]) -> None:
    """Prints how many faces are found, and how many boxes there are besides."""
    found, milliseconds = find(options, detector, [path for path, _ in faces])
    hits = sum(any(overlap(box(face), truth) >= 0.3 for face in own) for own, (_, truth) in zip(found, faces))
    others = sum(sum(overlap(box(face), truth) < 0.3 for face in own) for own, (_, truth) in zip(found, faces))
    print(f"{detector:16} {title:28} {100 * hits / len(faces):6.1f} % of {len(faces)} found, {others} others, "
          f"{milliseconds:.1f} ms an image", flush=True)


def report_people(options: argparse.Namespace, detector: str) -> None:
    """Prints how many faces lie in boxes of people, and how many do not."""
    truth = json.loads(options.people.read_text())
    person = next(c["id"] for c in truth["categories"] if c["name"] == "person")
    boxes: dict[int, list[np.ndarray]] = {}
    for annotation in truth["annotations"]:
        if annotation["category_id"] == person:
            x, y, width, height = annotation["bbox"]
            boxes.setdefault(annotation["image_id"], []).append(np.array([x, y, x + width, y + height]))
    images = truth["images"]
    found, milliseconds = find(options, detector, [options.people.parent / "images" / i["file_name"] for i in images])
    inside = outside = 0
    for image, faces in zip(images, found):
        for face in faces:
            left, top, right, bottom = box(face)
            x, y = (left + right) / 2, (top + bottom) / 2
            if any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in boxes.get(image["id"], [])):
                inside += 1
            else:
                outside += 1
    print(f"{detector:16} {'people of COCO':28} {inside} faces in the boxes of people, {outside} outside, "
          f"{milliseconds:.1f} ms an image", flush=True)


def main() -> None:
    """Entry point."""
    options = arguments()
    faces = read_faces(options.faces, options.every)
    with tempfile.TemporaryDirectory() as folder:
        sets = [("as they are", faces)] + [(f"{size} pixels", shrunk(faces, size, Path(folder))) for size in SIZES]
        for detector in options.detectors:
            for title, images in sets:
                report_recall(options, detector, title, images)
            if options.people:
                report_people(options, detector)
            if options.without:
                paths = sorted(p for p in options.without.iterdir() if p.suffix.lower() in (".jpg", ".png"))
                found, milliseconds = find(options, detector, paths)
                scores = [round(face["confidence"], 2) for own in found for face in own]
                print(f"{detector:16} {'images without faces':28} {len(scores)} false faces {scores} in {len(paths)} "
                      f"images, {milliseconds:.1f} ms an image", flush=True)


if __name__ == "__main__":
    main()
