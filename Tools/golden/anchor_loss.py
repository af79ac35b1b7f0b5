"""The loss of YOLOv3 in PyTorch, with its gradients by autograd in double precision, for Tests/CVTrainingTests.

Written from the paper (Redmon & Farhadi 2018, arXiv:1804.02767); overlaps and the focal loss are torchvision's.
"""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torchvision import ops

from .json_text import to_json
from .networks import signed
from .seeded import uniform

WIDTH, HEIGHT, CLASSES = 96, 64, 2
ANCHORS = [[(40, 40), (60, 30)], [(10, 12), (20, 20)]]
CELLS = [(2, 3), (4, 6)]
OVERLAPS = {
    "iou": lambda a, b: 1 - torch.diagonal(ops.box_iou(a, b)),
    "squared-iou": lambda a, b: 1 - torch.diagonal(ops.box_iou(a, b)) ** 2,
    "giou": lambda a, b: ops.generalized_box_iou_loss(a, b),
    "ciou": lambda a, b: ops.complete_box_iou_loss(a, b),
}


def objects(seed: int, count: int) -> list[list[float]]:
    """Left, top, right, bottom and class of boxes inside the image, in quarters of a pixel."""
    result = []
    for x, y, width, height, label in uniform(seed, count, 5).tolist():
        width, height = 6 + 40 * width, 6 + 30 * height
        left, top = x * (WIDTH - width), y * (HEIGHT - height)
        box = [round(value * 4) / 4 for value in (left, top, left + width, top + height)]
        result.append(box + [float(label > 0.5)])
    return result


def shape_iou(width: float, height: float, anchor: tuple[int, int]) -> float:
    shared = min(width, anchor[0]) * min(height, anchor[1])
    return shared / (width * height + anchor[0] * anchor[1] - shared)


def places(image: list[list[float]]) -> list[tuple[int, int, int, int, int]]:
    """Level, anchor, row, column and object: the anchor of the nearest size, the cell of the center, the first that comes."""
    taken: dict = {}
    for index, (left, top, right, bottom, _) in enumerate(image):
        level, anchor = max(
            ((level, anchor) for level in range(2) for anchor in range(2)),
            key=lambda pair: shape_iou(right - left, bottom - top, ANCHORS[pair[0]][pair[1]]))
        rows, columns = CELLS[level]
        row, column = int((top + bottom) / 2 / HEIGHT * rows), int((left + right) / 2 / WIDTH * columns)
        taken.setdefault((level, anchor, row, column), index)
    return [(*place, index) for place, index in taken.items()]


def boxes_of(raw: Tensor, level: int) -> Tensor:
    """The corners of the predicted boxes. raw: [anchors, 5 + classes, rows, columns] -> [anchors, rows, columns, 4]."""
    rows, columns = CELLS[level]
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    sizes = torch.tensor(ANCHORS[level], dtype=torch.float64)
    x = (raw[:, 0].sigmoid() + x) * WIDTH / columns
    y = (raw[:, 1].sigmoid() + y) * HEIGHT / rows
    width, height = raw[:, 2].exp() * sizes[:, 0, None, None], raw[:, 3].exp() * sizes[:, 1, None, None]
    return torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], -1)


def raw_error(raw: Tensor, target: Tensor, level: int, anchor: int, row: int, column: int) -> Tensor:
    """The paper's: cross-entropy of the center, half the squared error of the logarithms of the sides."""
    rows, columns = CELLS[level]
    width, height = target[2] - target[0], target[3] - target[1]
    center = torch.stack([(target[0] + target[2]) / 2 / WIDTH * columns - column,
                          (target[1] + target[3]) / 2 / HEIGHT * rows - row])
    sides = torch.stack([width, height]) / torch.tensor(ANCHORS[level][anchor], dtype=torch.float64)
    error = functional.binary_cross_entropy_with_logits(raw[:2], center, reduction="sum")
    return (2 - width * height / (WIDTH * HEIGHT)) * (error + ((raw[2:4] - sides.log()) ** 2).sum() / 2)


def loss(grids: list[Tensor], images: list[list[list[float]]], overlap: str | None, focal: bool) -> dict[str, Tensor]:
    def objectness(logit: Tensor, target: float) -> Tensor:
        truth = torch.full_like(logit, target)
        if focal:
            return ops.sigmoid_focal_loss(logit, truth, alpha=0.25, gamma=2, reduction="sum")
        return functional.binary_cross_entropy_with_logits(logit, truth, reduction="sum")

    parts = {name: torch.zeros((), dtype=torch.float64) for name in ("box", "objectness", "classes")}
    count = 0
    for number, image in enumerate(images):
        truths = torch.tensor(image, dtype=torch.float64)
        matches = places(image)
        count += len(matches)
        for level in range(2):
            raw = grids[level][number].reshape(2, 5 + CLASSES, *CELLS[level])
            found = boxes_of(raw, level)
            overlaps = ops.box_iou(found.detach().reshape(-1, 4), truths[:, :4]).amax(1).reshape(found.shape[:3])
            ground = overlaps <= 0.5
            for anchor, row, column, index in (match[1:] for match in matches if match[0] == level):
                ground[anchor, row, column] = False
                place, target = raw[anchor, :, row, column], truths[index]
                parts["objectness"] = parts["objectness"] + objectness(place[4], 1)
                classes = functional.one_hot(target[4].long(), CLASSES).double()
                parts["classes"] = parts["classes"] + functional.binary_cross_entropy_with_logits(
                    place[5:], classes, reduction="sum")
                error = raw_error(place, target, level, anchor, row, column) if overlap is None else 5 * OVERLAPS[overlap](
                    found[anchor, row, column][None], target[None, :4]).sum()
                parts["box"] = parts["box"] + error
            parts["objectness"] = parts["objectness"] + objectness(raw[:, 4][ground], 0)
    return {name: value / max(count, 1) for name, value in parts.items()}


def write_anchor_loss(path: Path) -> None:
    images = [objects(11, 6), objects(12, 3)]
    cases = []
    for overlap in (None, *OVERLAPS):
        for focal in (False, True):
            grids = [signed(seed, 2, 2 * (5 + CLASSES), *cells).double().mul(0.7).requires_grad_()
                     for seed, cells in zip((5, 6), CELLS)]
            parts = loss(grids, images, overlap, focal)
            sum(parts.values()).backward()
            cases.append({
                "overlap": overlap or "", "focal": focal, **{name: value.item() for name, value in parts.items()},
                "gradients": [[float(f"{value:.7g}") for value in grid.grad.flatten().tolist()] for grid in grids],
            })
    matches = [[list(match) for match in places(image)] for image in images]
    path.write_text(to_json({"objects": images, "matches": matches, "cases": cases}, depth=4) + "\n")
