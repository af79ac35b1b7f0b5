"""Boxes, and what torchvision keeps of them, for Tests/CVDetectionTests.

Coordinates and scores are multiples of 1/8 and 1/256, so that text holds them exactly and scores have ties.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torchvision


def case(seed: int, count: int, classes: int, threshold: float) -> dict:
    """Random boxes, and the indices that suppression by class and across classes keeps."""
    random = np.random.default_rng(seed)
    # Clusters, because boxes that are spread evenly hardly ever compete.
    centers = random.uniform(0, 400, (max(1, count // 12), 2))
    center = centers[random.integers(0, len(centers), count)] + random.normal(0, 6, (count, 2))
    size = np.exp(random.uniform(np.log(4), np.log(160), (count, 1))) * random.uniform(0.7, 1.4, (count, 2))
    size[random.random(count) < 0.03] = 0
    boxes = np.round(np.concatenate([center - size / 2, center + size / 2], 1) * 8) / 8
    scores = np.round(random.uniform(0, 1, count) * 256) / 256
    labels = random.integers(0, classes, count)
    # torchvision's own order among ties is not stable, so it gets the boxes in stable order and the result is
    # mapped back: the i-th score is then i-th in its eyes too.
    order = np.argsort(-scores, kind="stable")
    b = torch.tensor(boxes[order], dtype=torch.float32)
    s = torch.arange(count, 0, -1, dtype=torch.float32)
    c = torch.tensor(labels[order])
    return {
        "threshold": threshold,
        "boxes": boxes.tolist(),
        "scores": scores.tolist(),
        "classes": labels.tolist(),
        "perClass": order[torchvision.ops.batched_nms(b, s, c, threshold).numpy()].tolist(),
        "agnostic": order[torchvision.ops.nms(b, s, threshold).numpy()].tolist(),
    }


def write_suppression(output: Path) -> None:
    """Writes five cases: usual, many classes, one class, one box, and a threshold of 0."""
    cases = [case(1, 300, 3, 0.45), case(2, 200, 80, 0.7), case(3, 200, 1, 0.1), case(4, 1, 1, 0.5), case(5, 100, 2, 0)]
    output.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
