"""scikit-image's superpixels by graphs (Felzenszwalb & Huttenlocher 2004), for Tests/CVDetectionTests.

The image is made from seeds (see `seeded`): patches of color of 8 × 8 pixels, with noise, and 8-bit samples. It is not blurred, since
the blurs differ in rounding.
"""

from pathlib import Path

import numpy as np
from skimage.segmentation import felzenszwalb

from . import seeded
from .json_text import to_json

WIDTH, HEIGHT, PATCH = 64, 48, 8


def image() -> np.ndarray:
    """[HEIGHT, WIDTH, 3], 0 to 255."""
    colors = seeded.uniform(41, HEIGHT // PATCH, WIDTH // PATCH, 3).repeat(PATCH, 0).repeat(PATCH, 1)
    noise = seeded.uniform(42, HEIGHT, WIDTH, 3)
    return np.floor(colors * np.float32(200) + noise * np.float32(40)).astype(np.uint8)


def write_superpixels(path: Path) -> None:
    """The labels for several scales and least sizes."""
    cases = []
    for scale, least in ((0.05, 1), (0.4, 1), (0.4, 20), (2.0, 50)):
        labels = felzenszwalb(image(), scale=scale * 255, sigma=0, min_size=least)
        cases.append({"scale": scale, "minimumSize": least, "labels": labels.flatten().tolist()})
    path.write_text(to_json({"width": WIDTH, "height": HEIGHT, "patch": PATCH, "cases": cases}, depth=3) + "\n")
