"""Small random darknet networks with their outputs: cfg, weights and a golden for each case of darknet_cases.py."""

from pathlib import Path

import numpy as np

from converters.darknet_weights import DarknetWeights

from . import seeded
from .check import opencv_heads
from .darknet_cases import CASES, cfg_text
from .darknet_net import RawHead, parse, run
from .json_text import to_json
from .precision import head_difference
from .yolo_decode import Candidate, decode, suppress

IOU_THRESHOLD = 0.45
CANDIDATES = 60
OLD_HEADER = np.array([0, 1, 0, 1], "<i4").tobytes()
HEADER = np.array([0, 2, 5, 32000, 0], "<i4").tobytes()


def write_darknet(folder: Path) -> None:
    """Writes CASE.cfg, CASE.weights and CASE.json for every case."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, lines) in enumerate(CASES.items(), start=1):
        cfg = cfg_text(lines)
        weights = weights_bytes(cfg, seed, OLD_HEADER if name == "new-coords" else HEADER)
        (folder / f"{name}.cfg").write_text(cfg)
        (folder / f"{name}.weights").write_bytes(weights)
        (folder / f"{name}.json").write_text(golden(cfg, weights, seed))


def golden(cfg: str, weights: bytes, seed: int) -> str:
    """The raw heads and the boxes of one case, for the input `seeded.uniform(100 + seed, 3, height, width)`."""
    pixels = case_input(cfg, seed)
    heads = run(cfg, DarknetWeights(weights), pixels)
    threshold = clear_threshold([c for raw in heads for c in decode(raw.values, raw.head, 0.0)])
    boxes = suppress([c for raw in heads for c in decode(raw.values, raw.head, threshold)], IOU_THRESHOLD)
    return to_json({
        "made_by": "Tools/golden.py darknet",
        "input_seed": 100 + seed,
        "input_shape": list(pixels.shape),
        "heads": [head_record(raw) for raw in heads],
        "confidence_threshold": threshold,
        "iou_threshold": IOU_THRESHOLD,
        "boxes": [{"class": c.class_index, "confidence": round(c.confidence, 6),
                   "box": [round(float(v), 4) for v in c.box]} for c in boxes],
    }, depth=2) + "\n"


def case_input(cfg: str, seed: int) -> np.ndarray:
    """The seeded input of a case, [3, height, width]."""
    net = parse(cfg)[0]
    return seeded.uniform(100 + seed, 3, net.integer("height", 0), net.integer("width", 0))


def head_record(raw: RawHead) -> dict[str, object]:
    """A raw head with its index in the cfg; [net] is not counted."""
    values = [float(f"{v:.7g}") for v in raw.values.ravel()]
    return {"layer": raw.layer, "shape": list(raw.values.shape), "values": values}


def clear_threshold(candidates: list[Candidate]) -> float:
    """A threshold in the widest gap near the CANDIDATES-th score, so that rounding decides about no box."""
    scores = sorted((c.confidence for c in candidates), reverse=True)
    near = range(CANDIDATES // 2, min(CANDIDATES * 3 // 2, len(scores) - 1))
    widest = max(near, key=lambda i: scores[i] - scores[i + 1])
    return round((scores[widest] + scores[widest + 1]) / 2, 7)


def weights_bytes(cfg: str, seed: int, header: bytes) -> bytes:
    """Random weights for a cfg, scaled so that values neither vanish nor explode on their way through."""
    return header + b"".join(part.astype("<f4").tobytes() for part in weight_parts(cfg, seed))


class RandomWeights(DarknetWeights):
    """Gives out random values instead of a file's, in the manner of a file, and remembers them in their order."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.parts: list[np.ndarray] = []

    def take(self, *shape: int) -> np.ndarray:
        uniform = seeded.uniform(self.seed * 1000 + len(self.parts), *shape)
        if len(shape) == 4:
            values = (2 * uniform - 1) * np.sqrt(6 / np.prod(shape[1:]))
        else:
            # Biases, scales, means and variances alike: 0.5 … 1.5, so that no division is by little.
            values = uniform + 0.5
        self.parts.append(values.astype(np.float32))
        return self.parts[-1]

    def finish(self) -> None:
        """There is no end to random values."""


def weight_parts(cfg: str, seed: int) -> list[np.ndarray]:
    """All values that a run of the network asks for, in the order of a weights file."""
    weights = RandomWeights(seed)
    run(cfg, weights, case_input(cfg, seed))
    return weights.parts


def check_darknet(folder: Path, opencv_python: Path) -> None:
    """Prints how far OpenCV's importer is from the PyTorch reference on the cases. It has no relu6: relu is used instead."""
    for seed, name in enumerate(CASES, start=1):
        path = folder / f"{name}.weights"
        cfg = (folder / f"{name}.cfg").read_text().replace("relu6", "relu")
        pixels = case_input(cfg, seed)
        reference = [raw.values for raw in run(cfg, DarknetWeights(path.read_bytes()), pixels)]
        print(f"{name}: {head_difference(reference, opencv_heads(opencv_python, cfg, path, pixels))}")
