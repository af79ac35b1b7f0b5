"""Measures what half-precision weights would change: the figures behind the choice in Weights/README.md."""

from pathlib import Path

import numpy as np
from torch import nn

from .detections import SIDE, detect, heads, load_checked
from .letterbox import Letterbox, open_image
from .yolo_decode import Candidate, iou

CONFIDENCE = 0.25


def compare_half_precision(weights: Path, images: list[Path]) -> None:
    """Prints, for each image, how far heads and boxes move when the convolutions' weights are rounded to float16."""
    exact, rounded = load_checked(weights), load_checked(weights)
    for module in rounded.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.half().float()
    for path in images:
        image = open_image(path)
        pixels = Letterbox(image.width, image.height, SIDE).apply(image)
        first, second = heads(exact, pixels), heads(rounded, pixels)
        print(f"{path.name}: {head_difference(first, second)}; {box_difference(detect(first), detect(second))}")


def head_difference(first: list[np.ndarray], second: list[np.ndarray]) -> str:
    """Largest absolute difference of each head, and the same relative to the head's largest magnitude."""
    parts = []
    for number, (a, b) in enumerate(zip(first, second), start=1):
        difference = float(np.abs(a - b).max())
        parts.append(f"head{number} {difference:.1e} (of {np.abs(a).max():.1f}: {difference / np.abs(a).max():.1e})")
    return ", ".join(parts)


def box_difference(first: list[Candidate], second: list[Candidate]) -> str:
    """Boxes from CONFIDENCE up: how many, how many without a partner, least IoU and largest change of confidence."""
    wanted = [c for c in first if c.confidence >= CONFIDENCE]
    overlaps, changes, alone = [1.0], [0.0], 0
    for box in wanted:
        partners = [other for other in second if other.class_index == box.class_index]
        best = max(partners, key=lambda other: iou(box.box, other.box), default=None)
        if best is None or iou(box.box, best.box) < 0.5:
            alone += 1
            continue
        overlaps.append(iou(box.box, best.box))
        changes.append(abs(box.confidence - best.confidence))
    others = sum(c.confidence >= CONFIDENCE for c in second)
    return (f"{len(wanted)} boxes, {others} in the other, {alone} alone, IoU >= {min(overlaps):.4f}, "
            f"confidence within {max(changes):.1e}")
