"""OpenCV's guided filter (of opencv-contrib) with an image of seeded noise as guide, for Tests/CVSegmentationTests.

Near the border OpenCV mirrors the image where He's own code has smaller windows: only what is two windows away from it
is stored.
"""

import json
from pathlib import Path

import cv2
import numpy as np

from . import seeded

WIDTH, HEIGHT, RADIUS, EPSILON = 29, 23, 4, 1e-3


def write_guided_filter(output: Path) -> None:
    """The guide is [3, H, W] of seed 1, the input [H, W] of seed 2."""
    guide = seeded.uniform(1, 3, HEIGHT, WIDTH).transpose(1, 2, 0).copy()
    found = cv2.ximgproc.guidedFilter(guide, seeded.uniform(2, HEIGHT, WIDTH), RADIUS, EPSILON)
    border = 2 * RADIUS
    inside = found[border:-border, border:-border]
    output.write_text(json.dumps({
        "width": WIDTH, "height": HEIGHT, "radius": RADIUS, "epsilon": EPSILON, "border": border,
        "values": [float(f"{value:.6f}") for value in inside.ravel()],
    }) + "\n")
