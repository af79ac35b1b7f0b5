"""YOLOX in PyTorch with its loss, in double precision, for Tests/CVModelsTests and Tests/CVTrainingTests.

Written from the paper (Ge et al. 2021, arXiv:2107.08430); the names of the parameters are those of the official checkpoints.
Weights and inputs are seeded as in `networks`. The output of the network is that of its heads, flattened and joined.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import ops

from .json_text import to_json
from .networks import entry, fill, signed, summary

STRIDES = (8, 16, 32)


class Conv(nn.Module):
    """Convolution, batch normalization, SiLU."""

    def __init__(self, cin, cout, kernel=1, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return functional.silu(self.bn(self.conv(x)))


class Separable(nn.Module):
    """3×3 for each channel, then 1×1."""

    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.dconv, self.pconv = Conv(cin, cin, 3, stride, cin), Conv(cin, cout)

    def forward(self, x):
        return self.pconv(self.dconv(x))


class Block(nn.Module):
    """1×1, 3×3, and perhaps the sum."""

    def __init__(self, channels, adds, conv):
        super().__init__()
        self.conv1, self.conv2, self.adds = Conv(channels, channels), conv(channels, channels), adds

    def forward(self, x):
        y = self.conv2(self.conv1(x))
        return y + x if self.adds else y


class Stage(nn.Module):
    """Half of the channels through blocks, half around them."""

    def __init__(self, cin, cout, blocks, adds, conv):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = Conv(cin, cout // 2), Conv(cin, cout // 2), Conv(cout // 2 * 2, cout)
        self.m = nn.Sequential(*(Block(cout // 2, adds, conv) for _ in range(blocks)))

    def forward(self, x):
        # In the order of the official code, which exported files keep.
        through, around = self.conv1(x), self.conv2(x)
        return self.conv3(torch.cat([self.m(through), around], 1))


class Pooling(nn.Module):
    """Maxima under windows of three sizes."""

    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv2 = Conv(channels, channels // 2), Conv(channels * 2, channels)

    def forward(self, x):
        x = self.conv1(x)
        return self.conv2(torch.cat([x, *(functional.max_pool2d(x, k, 1, k // 2) for k in (5, 9, 13))], 1))


class Focus(nn.Module):
    """Each 2×2 pixels as channels of one."""

    def __init__(self, cout):
        super().__init__()
        self.conv = Conv(12, cout, 3)

    def forward(self, x):
        return self.conv(torch.cat([x[..., row::2, column::2] for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))], 1))


class Darknet(nn.Module):
    """The backbone."""

    def __init__(self, width, blocks, conv):
        super().__init__()
        self.stem = Focus(width)
        for stage, count in enumerate((blocks, 3 * blocks, 3 * blocks, blocks)):
            cin, cout, last = width << stage, width << stage + 1, stage == 3
            parts = [conv(cin, cout, stride=2)] + [Pooling(cout)] * last + [Stage(cout, cout, count, not last, conv)]
            setattr(self, f"dark{stage + 2}", nn.Sequential(*parts))

    def forward(self, x):
        fine = self.dark3(self.dark2(self.stem(x)))
        middle = self.dark4(fine)
        return fine, middle, self.dark5(middle)


class Pyramid(nn.Module):
    """Down from the coarse features, and up again."""

    def __init__(self, depth, width, conv):
        super().__init__()
        a, b, c = (int(channels * width) for channels in (256, 512, 1024))
        blocks = round(3 * depth)
        self.backbone = Darknet(int(64 * width), max(blocks, 1), conv)
        self.lateral_conv0, self.reduce_conv1 = Conv(c, b), Conv(b, a)
        self.C3_p4, self.C3_p3 = Stage(2 * b, b, blocks, False, conv), Stage(2 * a, a, blocks, False, conv)
        self.bu_conv2, self.bu_conv1 = conv(a, a, stride=2), conv(b, b, stride=2)
        self.C3_n3, self.C3_n4 = Stage(2 * a, b, blocks, False, conv), Stage(2 * b, c, blocks, False, conv)

    def forward(self, x):
        def up(y):
            return functional.interpolate(y, scale_factor=2)

        fine, middle, coarse = self.backbone(x)
        deep = self.lateral_conv0(coarse)
        between = self.reduce_conv1(self.C3_p4(torch.cat([up(deep), middle], 1)))
        first = self.C3_p3(torch.cat([up(between), fine], 1))
        second = self.C3_n3(torch.cat([self.bu_conv2(first), between], 1))
        return first, second, self.C3_n4(torch.cat([self.bu_conv1(second), deep], 1))


class Head(nn.Module):
    """Branches for classes and for boxes."""

    def __init__(self, width, classes, conv):
        super().__init__()
        hidden = int(256 * width)

        def each(make):
            return nn.ModuleList(make(int(channels * width)) for channels in (256, 512, 1024))

        self.stems = each(lambda channels: Conv(channels, hidden))
        self.cls_convs = each(lambda _: nn.Sequential(conv(hidden, hidden), conv(hidden, hidden)))
        self.reg_convs = each(lambda _: nn.Sequential(conv(hidden, hidden), conv(hidden, hidden)))
        self.cls_preds = each(lambda _: nn.Conv2d(hidden, classes, 1))
        self.reg_preds = each(lambda _: nn.Conv2d(hidden, 4, 1))
        self.obj_preds = each(lambda _: nn.Conv2d(hidden, 1, 1))

    def forward(self, features):
        outputs = []
        for level, x in enumerate(features):
            x = self.stems[level](x)
            boxes, classes = self.reg_convs[level](x), self.cls_convs[level](x)
            outputs.append(torch.cat(
                [self.reg_preds[level](boxes), self.obj_preds[level](boxes), self.cls_preds[level](classes)], 1))
        return outputs


class YOLOX(nn.Module):
    """Grids of strides 8, 16 and 32: x, y, width, height, objectness, classes."""

    def __init__(self, depth=0.33, width=0.25, depthwise=True, classes=80):
        super().__init__()

        def conv(cin, cout, stride=1):
            return Separable(cin, cout, stride) if depthwise else Conv(cin, cout, 3, stride)

        self.backbone, self.head = Pyramid(depth, width, conv), Head(width, classes, conv)

    def forward(self, x):
        return self.head(self.backbone(x))


class Joined(nn.Module):
    """The grids of a network as one tensor [N, values, 1, 1], with the keys of the network."""

    def __init__(self, network):
        super().__init__()
        self.backbone, self.head = network.backbone, network.head

    def forward(self, x):
        return torch.cat([grid.flatten(1) for grid in self.head(self.backbone(x))], 1)[..., None, None]


SIZES = {"nano": (0.33, 0.25, True), "tiny": (0.33, 0.375, False), "s": (0.33, 0.5, False), "m": (0.67, 0.75, False),
         "l": (1, 1, False), "x": (1.33, 1.25, False)}


def corners(boxes: Tensor) -> Tensor:
    """From center and size to edges."""
    return torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], -1)


def overlaps(a: Tensor, b: Tensor) -> Tensor:
    """IoU of boxes given by their edges, broadcast."""
    sides = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    shared = sides.prod(-1)
    return shared / ((a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared + 1e-16)


def places(grids: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Column and row of each cell, and its stride."""
    positions, strides = [], []
    for grid, stride in zip(grids, STRIDES):
        rows, columns = torch.meshgrid(torch.arange(grid.shape[2]), torch.arange(grid.shape[3]), indexing="ij")
        positions.append(torch.stack([columns, rows], -1).reshape(-1, 2))
        strides.append(torch.full((grid.shape[2] * grid.shape[3],), stride))
    return torch.cat(positions).double(), torch.cat(strides).double()


@torch.no_grad()
def assigned(boxes: Tensor, labels: Tensor, predicted: Tensor, logits: Tensor, positions: Tensor, strides: Tensor):
    """SimOTA of one image: cells, their objects, and the IoUs."""
    centers = (positions + 0.5) * strides[:, None]
    truth = corners(boxes)
    inside = ((centers > truth[:, None, :2]) & (centers < truth[:, None, 2:])).all(-1)
    near = ((centers - boxes[:, None, :2]).abs() < 2.5 * strides[:, None]).all(-1)
    cells = (inside | near).any(0).nonzero()[:, 0]
    both = (inside & near)[:, cells]
    iou = overlaps(truth[:, None], corners(predicted[cells])[None])
    scores = (logits[cells, 1:].sigmoid() * logits[cells, :1].sigmoid()).sqrt()
    wanted = functional.one_hot(labels, scores.shape[1]).double()
    shape = (len(boxes), *scores.shape)
    cross = functional.binary_cross_entropy(
        scores[None].expand(shape), wanted[:, None].expand(shape), reduction="none").sum(-1)
    cost = cross - 3 * (iou + 1e-8).log() + 1e5 * ~both
    matching = torch.zeros_like(cost)
    for row, count in enumerate(iou.topk(min(10, len(cells)), 1).values.sum(1).int().clamp(min=1).tolist()):
        matching[row, cost[row].topk(count, largest=False).indices] = 1
    several = matching.sum(0) > 1
    matching[:, several] = functional.one_hot(cost[:, several].argmin(0), len(boxes)).T.double()
    taken = matching.sum(0) > 0
    return cells[taken], matching[:, taken].argmax(0), (matching * iou).sum(0)[taken]


def loss(grids: list[Tensor], objects: list[list[tuple]], absolute: bool) -> tuple[dict[str, Tensor], list]:
    """The parts of the loss, and the assignment of each image as [cell, object]."""
    positions, strides = places(grids)
    raw = torch.cat([grid.flatten(2) for grid in grids], 2).transpose(1, 2)
    centers = (raw[..., :2] + positions) * strides[:, None]
    predicted = torch.cat([centers, raw[..., 2:4].exp() * strides[:, None]], -1)
    parts, matches = {"box": 0, "objectness": 0, "classes": 0, "absolute": 0}, []
    for image, found in enumerate(objects):
        target = torch.zeros(len(strides), dtype=torch.float64)
        matches.append([])
        if found:
            values = torch.tensor(found, dtype=torch.float64)
            edges, labels = values[:, :4], values[:, 4].long()
            boxes = torch.cat([(edges[:, :2] + edges[:, 2:]) / 2, edges[:, 2:] - edges[:, :2]], 1)
            cells, owners, iou = assigned(boxes, labels, predicted[image], raw[image, :, 4:], positions, strides)
            matches[-1] = torch.stack([cells, owners], 1).tolist()
            target[cells] = 1
            parts["box"] += 5 * (1 - overlaps(corners(predicted[image, cells]), edges[owners]) ** 2).sum()
            wanted = functional.one_hot(labels[owners], raw.shape[2] - 5) * iou[:, None]
            parts["classes"] += functional.binary_cross_entropy_with_logits(
                raw[image, cells, 5:], wanted, reduction="sum")
            if absolute:
                side = strides[cells][:, None]
                ideal = torch.cat([boxes[owners, :2] / side - positions[cells], (boxes[owners, 2:] / side + 1e-8).log()], 1)
                parts["absolute"] += (raw[image, cells, :4] - ideal).abs().sum()
        parts["objectness"] += functional.binary_cross_entropy_with_logits(
            raw[image, :, 4], target, reduction="sum")
    count = max(sum(map(len, matches)), 1)
    return {key: part / count for key, part in parts.items()}, matches


# Left, top, right, bottom, class; overlapping boxes, one that is smaller than a cell, one beyond the border, no object.
OBJECTS = [
    [(10, 12, 70, 60, 0), (20, 20, 90, 84, 1), (100, 40, 104, 45, 2), (12, 14, 68, 64, 2)],
    [],
    [(60, -10, 140, 40, 1), (5, 50, 40, 90, 0)],
]


SCALE_IN_INFERENCE = 0.875

# For the grids alone, whose boxes are large enough that objects get several cells.
LARGE = [[(16, 20, 76, 84, 0), (30, 24, 100, 110, 1), (70, 60, 120, 120, 1)], [(8, 8, 120, 100, 2), (40, 40, 72, 76, 0)]]


def grids_alone(absolute: bool) -> dict:
    """The loss of seeded grids, with the gradient of each."""
    seed = 930000
    grids = [signed(seed + level, 2, 8, 128 // stride, 128 // stride) for level, stride in enumerate(STRIDES)]
    for grid in grids:
        grid[:, 2:4] = grid[:, 2:4] * 0.5 + 1
    grids = [grid.double().requires_grad_() for grid in grids]
    parts, matches = loss(grids, LARGE, absolute)
    sum(parts.values()).backward()
    return {"seed": seed, "objects": LARGE, "matches": matches,
            **{key: float(f"{float(torch.as_tensor(part).detach()):.9g}") for key, part in parts.items()},
            "gradients": [summary(grid.grad, 64) for grid in grids]}


def overlap_losses() -> dict:
    """torchvision's losses by overlap of seeded boxes, averaged, with their gradients."""
    corner, size = signed(940000, 12, 2).double() * 20, (signed(940001, 12, 2).double() + 1.2) * 20
    boxes = torch.cat([corner, corner + size], 1).float().double()
    targets = boxes + signed(940002, 12, 4).double() * 8
    targets[10:] += 100
    targets = torch.cat([targets[:, :2], torch.maximum(targets[:, 2:], targets[:, :2] + 2)], 1)
    targets = targets.float().double()
    results = {"boxes": boxes.flatten().tolist(), "targets": targets.flatten().tolist()}
    kinds = {"iou": lambda a, b: (1 - overlaps(a, b)).mean(), "squared-iou": lambda a, b: (1 - overlaps(a, b) ** 2).mean(),
             "giou": lambda a, b: ops.generalized_box_iou_loss(a, b, "mean"),
             "ciou": lambda a, b: ops.complete_box_iou_loss(a, b, "mean")}
    results["losses"] = {}
    for name, function in kinds.items():
        watched = boxes.clone().requires_grad_()
        value = function(watched, targets)
        value.backward()
        results["losses"][name] = {"value": value.item(), "gradient": watched.grad.flatten().tolist()}
    return results


def whole(mode: str) -> dict:
    """The loss of the network with its gradients."""
    seed, shape = 920000, [3, 3, 96, 128]
    network = YOLOX(classes=3)
    fill(network, seed)
    # Without statistics of its own the network is only stable if its weights are smaller.
    scale = 1.0 if mode == "training" else SCALE_IN_INFERENCE
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data *= scale
    network.double().train(mode == "training")
    parts, matches = loss(network(signed(seed, *shape).double()), OBJECTS, absolute=True)
    sum(parts.values()).backward()
    return {
        "seed": seed, "scale": scale, "input": shape, "objects": OBJECTS, "matches": matches,
        **{key: float(f"{part.item():.9g}") for key, part in parts.items()},
        "gradients": {key: summary(p.grad, 16) for key, p in sorted(network.named_parameters())},
    }


def write_yolox(network_file: Path, loss_file: Path) -> None:
    """The network by itself, and the loss with all gradients."""
    network_file.write_text(to_json(
        entry(90, "yolox-nano", [2, 3, 64, 96], 8, Joined(YOLOX(classes=3))), depth=2) + "\n")
    case = {
        "modes": {mode: whole(mode) for mode in ("training", "inference")},
        "grids": [grids_alone(False), grids_alone(True)],
        "overlap": overlap_losses(),
        "parameters": {name: sum(p.numel() for p in YOLOX(*size).parameters()) for name, size in SIZES.items()},
    }
    loss_file.parent.mkdir(parents=True, exist_ok=True)
    loss_file.write_text(to_json(case, depth=4) + "\n")
