#!/usr/bin/env python3
"""Compares the objects that `cvtool detect -m ssd-mobilenetv2` finds with those of TensorFlow, which runs the published graph.

    swift build -c release --product cvtool
    python3 Tools/evaluate/compare_ssd.py frozen_inference_graph.pb IMAGES... [--cvtool FILE] [--threads N] [--own-resize]

The graph decodes, suppresses and numbers the classes by itself, and leaves out what has a score below 0.3. It is given the image
that cvtool makes of the file: stretched to 300 × 300 by Pillow's bilinear filter, which the graph leaves as it is. With
--own-resize it stretches the file's pixels in its own way, without antialiasing, which moves scores by several hundredths. Exits
with 1 where an object is in one result alone (but for scores within 0.005 of the threshold), its class differs, its IoU is below
0.99 or its score differs by more than 0.005. Needs numpy, Pillow and tensorflow (or tensorflow-cpu).
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402

from objects import ROOT, compare, detected, parser  # noqa: E402

sys.path.insert(0, str(ROOT / "Tools"))
from converters.ssd_mobilenet_v2 import CLASSES, WEIGHTS  # noqa: E402
from converters.package import checked  # noqa: E402

THRESHOLD, SIDE = 0.3, 300
OUTPUTS = [f"detection_{name}:0" for name in ("boxes", "scores", "classes")]


def arguments() -> argparse.Namespace:
    """The command line."""
    result = parser(__doc__, "PB")
    result.add_argument("--own-resize", action="store_true", help="let the graph stretch the image")
    return result.parse_args()


def session(path: Path) -> "tf.compat.v1.Session":
    """The graph, ready to run."""
    definition = tf.compat.v1.GraphDef()
    definition.ParseFromString(checked(path.read_bytes(), WEIGHTS, str(path)))
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(definition, name="")
    return tf.compat.v1.Session(graph=graph)


def reference(running: "tf.compat.v1.Session", image: Image.Image, own_resize: bool) -> list[dict]:
    """The objects of the graph, boxes in pixels of the image."""
    given = image if own_resize else image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    boxes, scores, classes = (each[0] for each in running.run(OUTPUTS, {"image_tensor:0": np.asarray(given)[None]}))
    sides = np.array([image.width, image.height] * 2)
    return [{"class": CLASSES.index(int(label)), "confidence": float(score), "box": box[[1, 0, 3, 2]] * sides}
            for box, score, label in zip(boxes, scores, classes) if score >= THRESHOLD]


def main() -> int:
    """Entry point: 0 when all objects agree."""
    options = arguments()
    running = session(options.reference)
    return compare(
        options, THRESHOLD, lambda path: detected(options, path, "ssd-mobilenetv2", THRESHOLD),
        lambda image: reference(running, image, options.own_resize))


if __name__ == "__main__":
    sys.exit(main())
