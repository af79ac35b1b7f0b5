"""MediaPipe's selfie segmentation: the share of a person in each of 256 × 256 pixels; a graph of 106,000 half floats."""

import json
from pathlib import Path

import numpy as np

from .package import Package, PackageFile
from .safetensors_file import stored
from .tflite_layers import Layer, named

PACKAGE = Package(
    name="mediapipe", version="0.10.14",
    archive_sha256="a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4",
    wheel_tag="cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64")
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c")

# The source is in half precision: nothing is lost.
PRECISION = "f16"

PREPROCESSING = {
    "width": 256, "height": 256, "resize": "stretch", "filter": "bilinear", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [0, 0, 0], "std": [255, 255, 255],
}


def layers() -> list[Layer]:
    """The network in the order of the graph."""
    found = [Layer("stem", "convolution", (16, 3, 3, 3))]

    def convolution(key: str, cin: int, cout: int) -> None:
        found.append(Layer(key, "convolution", (cout, cin, 1, 1)))

    def depthwise(key: str, channels: int, kernel: int) -> None:
        found.append(Layer(key, "depthwise", (channels, 1, kernel, kernel)))

    # Channels before, in the middle and after; kernel; channels in the middle of the gate.
    blocks = [(16, 16, 16, 3, 8), (16, 72, 24, 3, None), (24, 88, 24, 3, None), (24, 96, 32, 5, 24),
              (32, 128, 32, 5, 32), (32, 128, 32, 5, 32), (32, 96, 32, 5, 24), (32, 96, 32, 5, 24)]
    for index, (cin, width, cout, kernel, squeeze) in enumerate(blocks):
        block = f"blocks.{index}"
        convolution(f"{block}.expand", cin, width)
        depthwise(f"{block}.depthwise", width, kernel)
        if squeeze:
            convolution(f"{block}.se.fc1", width, squeeze)
            convolution(f"{block}.se.fc2", squeeze, width)
        convolution(f"{block}.project", width, cout)
    convolution("head.conv", 32, 128)
    convolution("head.gate", 32, 128)
    for index, (cin, cout) in enumerate([(128, 24), (24, 16), (16, 16)]):
        convolution(f"decoder.{index}.reduce", cin, cout)
        for part in ("se.fc1", "se.fc2", "conv"):
            convolution(f"decoder.{index}.{part}", cout, cout)
        depthwise(f"decoder.{index}.depthwise", cout, 3)
    return found + [Layer("segment", "transposed", (16, 1, 2, 2))]


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's files in `folder`."""
    # Only here: the other models are converted without that package.
    from .tflite_file import read_layers
    return stored(named(read_layers(PACKAGE.read(WEIGHTS, folder)), layers()), precision), metadata()


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "selfie-segmentation",
        "task": "matte",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps(["person"]),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (wheel cp311), file {WEIGHTS.path}",
        "version": PACKAGE.version,
        "sha256": WEIGHTS.sha256,
        "license": "Apache-2.0",
        "attribution": "MediaPipe Selfie Segmentation, The MediaPipe Authors (Google)",
    }
