#!/usr/bin/env python3
"""Compares the objects that `cvtool detect` finds with a YOLOX network with those of ONNX Runtime.

    swift build -c release --product cvtool
    python3 Tools/evaluate/compare_yolox.py yolox_nano.onnx IMAGES... [--cvtool FILE] [--threads N]

The file is one that YOLOX's own export writes, whose output [1, cells, 5 + classes] has probabilities and raw boxes. Its
convolutions, into which the normalizations are folded, become weights under the keys of the official checkpoints. The reference
prepares images with OpenCV as the official demo does, where it is installed, else in numpy with the same whole numbers. Exits with
1 where an object is in one result alone (but for scores within 0.005 of the threshold), its class differs, its IoU is below 0.99
or its score differs by more than 0.005. Needs numpy, onnx, onnxruntime and Pillow.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from objects import ROOT, compare, detected, overlap, parser

sys.path.insert(0, str(ROOT / "Tools"))
from converters.safetensors_file import write_safetensors  # noqa: E402
from golden.yolox import SIZES, STRIDES, YOLOX  # noqa: E402

THRESHOLD, SUPPRESSION = 0.25, 0.45
EPSILON = 1e-3


def arguments() -> argparse.Namespace:
    """The command line."""
    result = parser(__doc__, "ONNX")
    result.add_argument("--size", choices=SIZES, default="nano", help="of the network (default: %(default)s)")
    result.add_argument("--keep", type=Path, metavar="FILE", help="write the converted weights there, too")
    return result.parse_args()


def tensors(model: onnx.ModelProto, size: str, classes: int) -> dict[str, np.ndarray]:
    """The weights under the official keys.

    Most convolutions have lost their names; they stand in the order in which the network runs, which hooks on ours tell.
    """
    import torch

    network = YOLOX(*SIZES[size], classes=classes).eval()
    order: list[str] = []
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: order.append(name))
    with torch.no_grad():
        network(torch.zeros(1, 3, 64, 64))
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    # A head computes both branches; predictions are named, so each head's own nodes are put in the order of ours.
    named = {node.input[1].removesuffix(".weight"): node for node in nodes if node.input[1].startswith("head.")}
    folded = iter([node for node in nodes if node.input[1].removesuffix(".weight") not in named])
    order = sorted(order, key=lambda name: rank(name, order))
    state = network.state_dict()
    result: dict[str, np.ndarray] = {}
    for name in order:
        node = named.get(name) or next(folded)
        weight, bias = (arrays[each].astype("<f4") for each in node.input[1:])
        if weight.shape != tuple(state[f"{name}.weight"].shape):
            raise SystemExit(f"{name}: expected a weight of {tuple(state[f'{name}.weight'].shape)}, found {weight.shape}")
        result[f"{name}.weight"] = weight
        if name in named:
            result[f"{name}.bias"] = bias
            continue
        norm = name.removesuffix("conv") + "bn"
        result |= {f"{norm}.weight": np.ones_like(bias), f"{norm}.bias": bias, f"{norm}.running_mean": np.zeros_like(bias),
                   f"{norm}.running_var": np.full_like(bias, 1 - EPSILON)}
    if next(folded, None) is not None:
        raise SystemExit(f"the graph has more convolutions than yolox-{size}")
    return result


def rank(name: str, order: list[str]) -> tuple[int, int, int]:
    """The official code computes the branch of classes of a head first, then that of boxes."""
    parts = name.split(".")
    if parts[0] != "head":
        return (0, 0, order.index(name))
    branch = {"stems": 0, "cls_convs": 1, "cls_preds": 2, "reg_convs": 3, "reg_preds": 4, "obj_preds": 5}[parts[1]]
    return (1, int(parts[2]) * 10 + branch, order.index(name))


def resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """OpenCV's INTER_LINEAR: between the four nearest pixels, also where an image is shrunk."""
    try:
        import cv2
    except ImportError:
        pass
    else:
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)

    def taps(size: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        # Weights of 11 bits.
        position = ((np.arange(count) + 0.5) * (1 / (count / size)) - 0.5).astype(np.float32)
        low = np.floor(position).astype(int)
        part = np.where((low >= 0) & (low < size - 1), position - low.astype(np.float32), np.float32(0))
        low = np.clip(low, 0, size - 1)
        near, far = (np.rint(weight * 2048).astype(np.int32) for weight in (1 - part, part))
        return low, np.minimum(low + 1, size - 1), near, far

    top, bottom, above, below = taps(image.shape[0], height)
    left, right, near, far = taps(image.shape[1], width)
    columns = image[:, left].astype(np.int32) * near[:, None] + image[:, right] * far[:, None] >> 4
    upper, lower = (columns[rows] * weight[:, None, None] >> 16 for rows, weight in ((top, above), (bottom, below)))
    return (upper + lower + 2 >> 2).astype(np.uint8)


def reference(session: onnxruntime.InferenceSession, image: np.ndarray) -> list[dict]:
    """The objects in an image [H, W, 3] in BGR, as the official demo finds them."""
    given = session.get_inputs()[0]
    height, width = given.shape[2:]
    scale = min(height / image.shape[0], width / image.shape[1])
    small = resized(image, int(image.shape[1] * scale), int(image.shape[0] * scale))
    frame = np.full((height, width, 3), 114, np.uint8)
    frame[:small.shape[0], :small.shape[1]] = small
    values = session.run(None, {given.name: np.ascontiguousarray(frame.transpose(2, 0, 1)[None], np.float32)})[0][0]
    cells = [(x * stride, y * stride, stride) for stride in STRIDES
             for y in range(height // stride) for x in range(width // stride)]
    corner, side = np.array(cells, np.float64)[:, :2], np.array(cells, np.float64)[:, 2:]
    centers, sizes = values[:, :2] * side + corner, np.exp(values[:, 2:4]) * side
    boxes = np.concatenate([centers - sizes / 2, centers + sizes / 2], 1) / scale
    classes = values[:, 5:].argmax(1)
    scores = values[:, 4] * values[:, 5:].max(1)
    kept: list[dict] = []
    for index in np.argsort(-scores, kind="stable"):
        if scores[index] < THRESHOLD:
            break
        one = {"class": int(classes[index]), "confidence": float(scores[index]), "box": boxes[index]}
        if all(each["class"] != one["class"] or overlap(each["box"], one["box"]) <= SUPPRESSION for each in kept):
            kept.append(one)
    for each in kept:
        each["box"] = np.clip(each["box"], 0, [image.shape[1], image.shape[0]] * 2)
    return kept


def main() -> int:
    """Entry point: 0 when all objects agree."""
    options = arguments()
    model = onnx.load(options.reference)
    session = onnxruntime.InferenceSession(options.reference.read_bytes(), providers=["CPUExecutionProvider"])
    height, width = session.get_inputs()[0].shape[2:]
    classes = session.get_outputs()[0].shape[2] - 5
    preprocessing = {"width": width, "height": height, "resize": "letterbox", "align": "top-left", "filter": "linear",
                     "fill": [114] * 3, "channels": "bgr", "mean": [0] * 3, "std": [1] * 3}
    metadata = {"model": f"yolox-{options.size}", "task": "detect", "preprocessing": json.dumps(preprocessing),
                "labels": json.dumps([str(index) for index in range(classes)])}
    with tempfile.TemporaryDirectory() as scratch:
        weights = options.keep or Path(scratch) / "yolox.safetensors"
        write_safetensors(weights, tensors(model, options.size, classes), metadata)
        return compare(
            options, THRESHOLD, lambda path: detected(options, path, weights, THRESHOLD, "--iou", SUPPRESSION),
            lambda image: reference(session, np.ascontiguousarray(np.asarray(image)[..., ::-1])))


if __name__ == "__main__":
    sys.exit(main())
