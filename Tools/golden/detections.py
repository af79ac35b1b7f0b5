"""Detections of the YOLOv3-tiny reference on photographs, and its raw heads on a seeded input."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from converters.package import checked
from converters.yolov3_tiny import WEIGHTS

from . import seeded
from .json_text import to_json
from .letterbox import Letterbox, open_image
from .yolo_decode import YOLOV3_TINY, Candidate, decode, suppress
from .yolov3_tiny import YOLOv3Tiny, load

SIDE = 416
IOU_THRESHOLD = 0.45
# Lower than the toolkit's default of 0.25, so that a test covers values just below it.
LOWEST_CONFIDENCE = 0.2
INPUT_SEED = 20180408
POSITION_SEED = 1804
POSITIONS = 2000


def load_checked(path: Path) -> YOLOv3Tiny:
    """The reference network, from the one weights file the goldens are made with."""
    return load(checked(path.read_bytes(), WEIGHTS, str(path)))


def heads(model: YOLOv3Tiny, pixels: np.ndarray) -> list[np.ndarray]:
    """The raw heads, each [255, h, w], of one input [3, 416, 416]."""
    with torch.inference_mode():
        return [head[0].numpy() for head in model(torch.from_numpy(pixels)[None])]


def detect(raw_heads: list[np.ndarray], threshold: float = LOWEST_CONFIDENCE) -> list[Candidate]:
    """Boxes of both heads after suppression, in pixels of the network's input, the most confident first."""
    candidates = [c for raw, head in zip(raw_heads, YOLOV3_TINY) for c in decode(raw, head, threshold)]
    return suppress(candidates, IOU_THRESHOLD)


def image_record(model: YOLOv3Tiny, path: Path, labels: list[str]) -> dict[str, object]:
    """Everything a test needs to know about one image."""
    image = open_image(path)
    letterbox = Letterbox(image.width, image.height, SIDE)
    found = detect(heads(model, letterbox.apply(image)))
    boxes = letterbox.to_image(np.array([c.box for c in found]).reshape(-1, 4))
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "width": image.width,
        "height": image.height,
        "detections": [
            {"class": c.class_index, "label": labels[c.class_index], "confidence": round(c.confidence, 6),
             "box": [round(float(v), 3) for v in box]} for c, box in zip(found, boxes)],
    }


def write_detections(weights: Path, names: Path, images: list[Path], output: Path) -> None:
    """Writes yolov3-tiny-detections.json for these images, in the order of their names."""
    model = load_checked(weights)
    labels = names.read_text().split("\n")
    records = [image_record(model, path, labels) for path in sorted(images, key=lambda p: p.name)]
    golden = {
        "made_by": "Tools/golden.py detections",
        "weights_sha256": WEIGHTS.sha256,
        "iou_threshold": IOU_THRESHOLD,
        "lowest_confidence": LOWEST_CONFIDENCE,
        "pictures": records,
    }
    output.write_text(to_json(golden, depth=4) + "\n")


def write_heads(weights: Path, output: Path) -> None:
    """Writes the raw heads at some positions, for the input `seeded.uniform(INPUT_SEED, 3, 416, 416)`."""
    pixels = seeded.uniform(INPUT_SEED, 3, SIDE, SIDE)
    raw_heads = heads(load_checked(weights), pixels)
    golden = {
        "made_by": "Tools/golden.py heads",
        "weights_sha256": WEIGHTS.sha256,
        "input_seed": INPUT_SEED,
        "input_shape": [3, SIDE, SIDE],
        "first_input_values": [float(v) for v in pixels.ravel()[:4]],
        "heads": [sampled(raw) for raw in raw_heads],
    }
    output.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


def sampled(raw: np.ndarray, count: int = POSITIONS // 2) -> dict[str, object]:
    """Shape, largest magnitude, and the values at some positions: half of all, for there are two heads of YOLOv3-tiny."""
    positions = seeded.sample_positions(POSITION_SEED, raw.size, min(count, raw.size))
    return {
        "shape": list(raw.shape),
        "largest_magnitude": float(np.abs(raw).max()),
        "positions": positions.tolist(),
        "values": [float(f"{v:.7g}") for v in raw.ravel()[positions]],
    }
