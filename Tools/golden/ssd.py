"""SSD with MobileNetV2 in PyTorch, for Tests/CVModelsTests and Tools/evaluate/compare_ssd.py.

Written from the papers (Sandler et al. 2018, arXiv:1801.04381; Liu et al. 2016, arXiv:1512.02325) with TensorFlow's padding; the
names of the parameters are those of torchvision. Weights and inputs are seeded as in `networks`. The output is that of the heads,
scores before boxes in each, flattened and joined.
"""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision import ops

from converters import ssd_mobilenet_v2
from converters.frozen_graph import read_constants

from . import seeded
from .detections import sampled
from .json_text import to_json
from .letterbox import open_image
from .mobile_nets import SameConv2d
from .networks import Margin, fill, signed, summary

SETTINGS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
EXTRAS = ((256, 512), (128, 256), (128, 256), (64, 128))
ANCHORS = (3, 6, 6, 6, 6, 6)
SIDE, SUPPRESSION = 300, 0.6
# Lower than the toolkit's default of 0.25, so that a test covers values just below it.
LOWEST_CONFIDENCE = 0.2
INPUT_SEED = 20180329


def layer(cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Convolution and normalization."""
    return [SameConv2d(cin, cout, kernel, stride, groups=groups, bias=False), nn.BatchNorm2d(cout, eps=1e-3, momentum=0.1)]


def active(cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, normalization, ReLU6."""
    return nn.Sequential(*layer(cin, cout, kernel, stride, groups), nn.ReLU6())


class Residual(nn.Module):
    """Wide and depthwise within."""

    def __init__(self, cin, cout, stride, expansion):
        super().__init__()
        wide = cin * expansion
        expand = [active(cin, wide)] if expansion > 1 else []
        self.conv = nn.Sequential(*expand, active(wide, wide, 3, stride, wide), *layer(wide, cout))
        self.adds = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class Backbone(nn.Module):
    """Six feature maps; the first is the expansion of the 14th block."""

    def __init__(self):
        super().__init__()
        blocks, cin = [active(3, 32, 3, 2)], 32
        for expansion, cout, count, stride in SETTINGS:
            for index in range(count):
                blocks.append(Residual(cin, cout, stride if index == 0 else 1, expansion))
                cin = cout
        self.features = nn.Sequential(*blocks, active(320, 1280))
        self.extra, cin = nn.ModuleList(), 1280
        for narrow, wide in EXTRAS:
            self.extra.append(nn.Sequential(active(cin, narrow), active(narrow, narrow, 3, 2, narrow), active(narrow, wide)))
            cin = wide

    def forward(self, x):
        x = self.features[:14](x)
        maps = [self.features[14].conv[0](x)]
        maps.append(self.features[14:](x))
        for extra in self.extra:
            maps.append(extra(maps[-1]))
        return maps


class Head(nn.Module):
    """A 3×3 convolution over each feature map."""

    def __init__(self, values):
        super().__init__()
        self.module_list = nn.ModuleList(
            SameConv2d(cin, anchors * values, 3) for cin, anchors in zip((576, 1280, 512, 256, 256, 128), ANCHORS))

    def forward(self, maps):
        return [module(x) for module, x in zip(self.module_list, maps)]


class SSDMobileNetV2(nn.Module):
    """Logits of the classes and boxes relative to anchors, for each of six feature maps."""

    def __init__(self, classes=80):
        super().__init__()
        self.classes = classes
        self.backbone = Backbone()
        self.head = nn.ModuleDict({"classification_head": Head(classes), "regression_head": Head(4)})

    def heads(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Scores [N, anchors · classes, H, W] and boxes [N, anchors · 4, H, W], x, y, w, h."""
        maps = self.backbone(x)
        return list(zip(self.head["classification_head"](maps), self.head["regression_head"](maps)))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([each.flatten(1) for head in self.heads(x) for each in head], 1)

    def predictions(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of the first image: probabilities [anchors, classes], and boxes [anchors, 4] as corners, parts of the input's sides."""
        scores, boxes = [], []
        for level, (score, box) in enumerate(self.heads(x)):
            rows, columns = score.shape[2:]
            scores.append(score[0].reshape(ANCHORS[level], -1, rows, columns).permute(2, 3, 0, 1).flatten(0, 2))
            raw = box[0].reshape(ANCHORS[level], 4, rows, columns).permute(2, 3, 0, 1).flatten(0, 2)
            boxes.append(decoded(raw, anchors(level, rows, columns).to(raw)))
        return torch.cat(scores).sigmoid(), torch.cat(boxes)


def sizes(level: int) -> list[tuple[float, float]]:
    """Width and height of the anchors of a feature map, as parts of the input's shorter side."""
    scales = [0.2 + 0.15 * index for index in range(6)] + [1.0]
    if level == 0:
        pairs = [(0.1, 1.0), (0.2, 2.0), (0.2, 0.5)]
    else:
        pairs = [(scales[level], ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 0.3333)]
        pairs.append((math.sqrt(scales[level] * scales[level + 1]), 1.0))
    return [(scale * math.sqrt(ratio), scale / math.sqrt(ratio)) for scale, ratio in pairs]


def anchors(level: int, rows: int, columns: int) -> Tensor:
    """Center and size of each anchor, row by row, [rows · columns · anchors, 4]."""
    return torch.tensor([((column + 0.5) / columns, (row + 0.5) / rows, *size)
                         for row in range(rows) for column in range(columns) for size in sizes(level)])


def decoded(raw: Tensor, anchor: Tensor) -> Tensor:
    """Corners of boxes; the offsets of the center are tenths of the anchor's size, the logarithms of the size fifths."""
    center = raw[:, :2] / 10 * anchor[:, 2:] + anchor[:, :2]
    size = torch.exp(raw[:, 2:] / 5) * anchor[:, 2:]
    return torch.cat([center - size / 2, center + size / 2], 1)


def load(weights: Path) -> SSDMobileNetV2:
    """The network with the float32 values of the package's frozen graph, from the folder of its archive or of its files."""
    constants = read_constants(ssd_mobilenet_v2.PACKAGE.read(ssd_mobilenet_v2.WEIGHTS, weights))
    state = {key: torch.from_numpy(array.copy()) for key, array in ssd_mobilenet_v2.named(constants).items()}
    network = SSDMobileNetV2().eval()
    found = network.load_state_dict(state, strict=False)
    if found.unexpected_keys or any(not key.endswith("num_batches_tracked") for key in found.missing_keys):
        raise SystemExit(f"the keys of the converter differ from those of the reference: {found}")
    return network


def stretched(image: Image.Image) -> np.ndarray:
    """An image as the network takes it, but in 8 bits, [300, 300, 3]."""
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def detect(network: SSDMobileNetV2, image: Image.Image, lowest: float = LOWEST_CONFIDENCE) -> list[dict]:
    """The objects in an image, the most confident first, boxes in its pixels."""
    x = torch.from_numpy(stretched(image).astype(np.float32)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        scores, boxes = network.predictions((x - 127.5) / 127.5)
    index, label = torch.where(scores >= lowest)
    score, box = scores[index, label], boxes[index]
    kept = ops.batched_nms(box, score, label, SUPPRESSION).tolist()
    sides = np.array([image.width, image.height] * 2)
    return [{"class": int(label[each]), "label": ssd_mobilenet_v2.LABELS[label[each]], "confidence": round(float(score[each]), 6),
             "box": [round(float(v), 3) for v in box[each].clamp(0, 1).numpy() * sides]} for each in kept]


def seeded_network() -> dict:
    """The network with seeded weights in inference mode, with gradients.

    In training the smallest maps have two values a channel in this batch, of which normalization makes nearly nothing but signs.
    """
    network, shape, samples = SSDMobileNetV2(classes=3).eval(), [2, 3, 64, 96], 8
    for seed in range(910_000, 1_110_000, 1000):
        fill(network, seed)
        network.double().zero_grad()
        x = signed(seed, *shape).double().requires_grad_()
        with Margin() as margin:
            y = network(x)
        if margin.least > 2e-6:
            break
    else:
        raise SystemExit("no seed keeps all rectifiers away from their kinks")
    y = y[:, :, None, None]
    (y * signed(seed + 9999, *y.shape)).sum().backward()
    return {
        "name": "ssd-mobilenetv2", "seed": seed, "input": shape, "shape": list(y.shape), "gradient_mode": "inference",
        "inference": summary(y, 64), "input_gradient": summary(x.grad, 64),
        "gradients": {key: summary(p.grad, samples) for key, p in sorted(network.named_parameters())},
        "buffers": {key: summary(b, samples) for key, b in sorted(network.named_buffers()) if "num_batches" not in key},
    }


def write_ssd(package: Path, images: list[Path], network_file: Path, folder: Path) -> None:
    """The seeded network; the raw heads of the published one for a seeded input, and its objects in photographs."""
    network_file.write_text(to_json(seeded_network(), depth=2) + "\n")
    network = load(package)
    pixels = seeded.uniform(INPUT_SEED, 3, SIDE, SIDE)
    with torch.inference_mode():
        heads = network.heads(torch.from_numpy(pixels)[None] * 2 - 1)
    (folder / "ssd-mobilenetv2-heads.json").write_text(json.dumps({
        "made_by": "Tools/golden.py ssd", "weights_sha256": ssd_mobilenet_v2.WEIGHTS.sha256, "input_seed": INPUT_SEED,
        "input_shape": [3, SIDE, SIDE], "heads": [sampled(each[0].numpy(), 200) for head in heads for each in head],
    }, separators=(",", ":")) + "\n")
    records = []
    for path in sorted(images, key=lambda path: path.name):
        image = open_image(path)
        records.append({
            "file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "width": image.width,
            "height": image.height, "detections": detect(network, image)})
    (folder / "ssd-mobilenetv2-detections.json").write_text(to_json({
        "made_by": "Tools/golden.py ssd", "weights_sha256": ssd_mobilenet_v2.WEIGHTS.sha256, "iou_threshold": SUPPRESSION,
        "lowest_confidence": LOWEST_CONFIDENCE, "images": records}, depth=4) + "\n")
