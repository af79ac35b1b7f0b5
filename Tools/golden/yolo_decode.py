"""From raw YOLOv3 heads to boxes: anchors, scores and non-max suppression (Redmon and Farhadi 2018, arXiv:1804.02767).

Every pair of box and class whose objectness · class probability reaches the threshold is a candidate, as in darknet:
one box may stand for several classes. Suppression is per class, before clipping to the image.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Head:
    """What a yolo layer knows: its anchors in pixels of the network's input, its classes, and the input's size."""

    anchors: tuple[tuple[float, float], ...]
    classes: int
    width: int
    height: int
    scale_x_y: float = 1.0
    new_coords: bool = False


@dataclass(frozen=True)
class Candidate:
    """A box (x1, y1, x2, y2) in pixels of the network's input, with one class."""

    class_index: int
    confidence: float
    box: np.ndarray


ANCHORS = ((10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319))
# The masks are 3,4,5 and 1,2,3: the second is what the network was trained with.
YOLOV3_TINY = (Head(ANCHORS[3:6], 80, 416, 416), Head(ANCHORS[1:4], 80, 416, 416))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^−x)."""
    return 1 / (1 + np.exp(-x))


def decode(raw: np.ndarray, head: Head, threshold: float) -> list[Candidate]:
    """Candidates of one raw head [anchors · (5 + classes), h, w], in the order anchor, row, column, class.

    With `new_coords` (scaled-YOLOv4) the layer before has applied the sigmoid, and sizes are (2w)² · anchor.
    """
    rows, columns = raw.shape[1:]
    values = raw.astype(np.float64).reshape(len(head.anchors), 5 + head.classes, rows, columns)
    activation = (lambda x: x) if head.new_coords else sigmoid
    anchors = np.array(head.anchors, np.float64)
    shift = (head.scale_x_y - 1) / 2
    x = (activation(values[:, 0]) * head.scale_x_y - shift + np.arange(columns)) * (head.width / columns)
    y = (activation(values[:, 1]) * head.scale_x_y - shift + np.arange(rows)[:, None]) * (head.height / rows)
    growth = (2 * values[:, 2:4]) ** 2 if head.new_coords else np.exp(values[:, 2:4])
    w, h = (growth[:, k] * anchors[:, k, None, None] for k in (0, 1))
    scores = activation(values[:, 4:5]) * activation(values[:, 5:])
    boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=-1)
    positions = np.argwhere(np.moveaxis(scores, 1, -1) >= threshold)
    return [Candidate(int(c), float(scores[a, c, j, i]), boxes[a, j, i]) for a, j, i, c in positions]


def suppress(candidates: list[Candidate], iou_threshold: float) -> list[Candidate]:
    """Greedy non-max suppression per class; the most confident first, ties in their given order."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: -c.confidence):
        rivals = (other for other in kept if other.class_index == candidate.class_index)
        if all(iou(candidate.box, other.box) <= iou_threshold for other in rivals):
            kept.append(candidate)
    return kept


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (x1, y1, x2, y2); 0 when both are empty."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    overlap = max(width, 0) * max(height, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - overlap
    return overlap / union if union > 0 else 0.0
