"""MediaPipe's face mesh with attention: 468 points of a face and 10 of the irises; a graph of 1,190,000 half floats."""

import json
from pathlib import Path

import numpy as np

from . import face_mesh, selfie_segmentation
from .package import PackageFile
from .safetensors_file import stored
from .tflite_layers import Layer, convolution, named, prelu

PACKAGE = selfie_segmentation.PACKAGE
PACKAGES = (PACKAGE,)
WEIGHTS = PackageFile(
    path="mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
    sha256="e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4")

# The source is in half precision: nothing is lost.
PRECISION = "f16"

PREPROCESSING = face_mesh.PREPROCESSING

# The points of each head of a part.
PARTS = {"lips": {"contour": 80}, "right_eye": {"contour": 71, "iris": 5}, "left_eye": {"contour": 71, "iris": 5}}


def in_turns(chains: list[list[Layer]]) -> list[Layer]:
    """The layers of chains of the same kind: the graph runs the first of each, then the second of each."""
    return [layer for turn in zip(*chains, strict=True) for layer in turn]


def neck(key: str, blocks: int) -> list[Layer]:
    """Blocks of 128 channels, and a last one of 32."""
    found = [layer for index in range(blocks) for layer in face_mesh.block(f"{key}.blocks.{index}", 128, 128)]
    return found + [convolution(f"{key}.reduce", 128, 32), prelu(f"{key}.reduce_prelu", 32),
                    *face_mesh.block(f"{key}.last", 32, 32)]


def part(key: str) -> list[Layer]:
    """What the heads of a part share."""
    channels = (32, 32, 32, 64, 64, 64, 128)
    return [layer for index, (cin, cout) in enumerate(zip(channels, channels[1:]))
            for layer in face_mesh.block(f"{key}.blocks.{index}", cin, cout)]


def layers() -> list[Layer]:
    """The network in the order of the graph, which ends with the presence."""
    found = [convolution("stem", 3, 16, 3), prelu("stem_prelu", 16)]
    for index, (cin, cout) in enumerate(zip((16, *face_mesh.CHANNELS), face_mesh.CHANNELS)):
        found += face_mesh.block(f"blocks.{index}", cin, cout)
    found += [*neck("face", 3), convolution("face.points", 32, 1404, 3)]
    found += in_turns([part(key) for key in PARTS])
    heads = {f"{key}.{head}": points for key, of_part in PARTS.items() for head, points in of_part.items()}
    found += in_turns([neck(key, 5) + [convolution(f"{key}.head", 32, 2 * points, 2)] for key, points in heads.items()])
    return [*found, convolution("face.presence", 32, 1, 3)]


def convert(folder: Path, precision: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors in network order and metadata, from the package's file in `folder`."""
    # Only here: the other models are converted without that package.
    from .tflite_file import read_layers
    return stored(named(read_layers(PACKAGE.read(WEIGHTS, folder)), layers()), precision), metadata()


def metadata() -> dict[str, str]:
    """What a reader needs to know to use the file, and to know where it comes from."""
    return {
        "model": "face-mesh-attention",
        "task": "mesh",
        "preprocessing": json.dumps(PREPROCESSING, separators=(",", ":")),
        "labels": json.dumps([]),
        "source": f"PyPI package {PACKAGE.name}=={PACKAGE.version} (wheel), file {WEIGHTS.path}",
        "version": PACKAGE.version,
        "sha256": WEIGHTS.sha256,
        "license": "Apache-2.0",
        "attribution": "MediaPipe Attention Mesh, The MediaPipe Authors (Google); Grishchenko et al., arXiv:2006.10962",
    }
