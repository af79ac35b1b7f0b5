"""Compares the PyTorch reference with another implementation, so that a mistake in the reference cannot hide in the goldens."""

import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

from . import seeded
from .detections import INPUT_SEED, SIDE, heads, load_checked
from .letterbox import Letterbox, open_image
from .precision import head_difference
from .yolov3_tiny import BATCH_NORM_EPSILON, YOLOv3Tiny

OPENCV_SCRIPT = Path(__file__).with_name("opencv_heads.py")


def compare_with_opencv(weights: Path, cfg: Path, opencv_python: Path, images: list[Path]) -> None:
    """Prints how far the raw heads of the reference and of OpenCV's darknet importer are apart."""
    model = load_checked(weights)
    inputs = {"seeded": seeded.uniform(INPUT_SEED, 3, SIDE, SIDE)}
    for path in images:
        image = open_image(path)
        inputs[path.name] = Letterbox(image.width, image.height, SIDE).apply(image)
    corrected = correct_mask(cfg.read_text())
    for name, pixels in inputs.items():
        reference, other = heads(model, pixels), opencv_heads(opencv_python, corrected, weights, pixels)
        print(f"{name}: PyTorch and OpenCV differ by {head_difference(reference, other)}")
        print(f"{name}: the three forms of batch-norm differ by {batch_norm_difference(model, pixels)}")


def correct_mask(cfg: str) -> str:
    """The cfg with mask 1,2,3 in its last yolo section; the file that goes round says 0,1,2."""
    head, separator, tail = cfg.rpartition("[yolo]")
    return head + separator + re.sub(r"mask\s*=\s*0,\s*1,\s*2", "mask = 1,2,3", tail)


def opencv_heads(python: Path, cfg: str, weights: Path, pixels: np.ndarray) -> list[np.ndarray]:
    """The raw inputs of the yolo layers as OpenCV computes them, in the order of the cfg."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "net.cfg").write_text(cfg)
        np.save(folder / "input.npy", pixels[None])
        subprocess.run([str(python), str(OPENCV_SCRIPT), str(folder / "net.cfg"), str(weights),
                        str(folder / "input.npy"), str(folder / "heads.npz")], check=True)
        with np.load(folder / "heads.npz") as file:
            return [file[key][0] for key in file.files]


def batch_norm_difference(model: YOLOv3Tiny, pixels: np.ndarray) -> str:
    """Largest change of the heads when batch-norm divides as darknet does, and as its later forks do."""
    reference = heads(model, pixels)
    forms = {"sqrt(v) + 1e-6": lambda v: (v.sqrt() + 1e-6) ** 2, "sqrt(v + 1e-5)": lambda v: v + 1e-5}
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    variances = [norm.running_var.clone() for norm in norms]
    parts = []
    for name, form in forms.items():
        for norm, variance in zip(norms, variances):
            norm.running_var.copy_(form(variance) - BATCH_NORM_EPSILON)
        parts.append(f"{name}: {head_difference(reference, heads(model, pixels))}")
    for norm, variance in zip(norms, variances):
        norm.running_var.copy_(variance)
    return "; ".join(parts)
