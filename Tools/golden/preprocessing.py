"""Pillow's and torchvision's preprocessing of small images, for Tests/CVTaskTests.

The images are `ramp(width, height)`: wrapped ramps of whole numbers, the same in DataFixtures.swift.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms import CenterCrop, Resize


def ramp(width: int, height: int) -> Image.Image:
    """An RGB image."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    channels = [x * 19 + y * 3, x * 7 + y * 31 + 40, x * x * 5 + y * 11]
    return Image.fromarray((np.stack(channels, -1) % 256).astype(np.uint8))


def case(width: int, height: int, side: int, resize: str, gray: bool, shorter: int | None = None) -> dict:
    """One image, brought to side × side."""
    image = ramp(width, height)
    if resize == "crop":
        image = CenterCrop(side)(Resize(shorter or side)(image))
    else:
        image = image.resize((side, side), Image.Resampling.BILINEAR)
    if gray:
        image = image.convert("L")
    return {
        "width": width, "height": height, "side": side, "resize": resize, "grey": gray,
        **({"shorter_side": shorter} if shorter else {}), "samples": np.asarray(image).ravel().tolist(),
    }


def write_preprocessing(output: Path) -> None:
    """A line for each case."""
    sizes = [(13, 7, 5), (7, 13, 5), (13, 7, 4), (9, 14, 6), (32, 32, 8), (5, 6, 11), (40, 6, 6)]
    cases = [
        case(width, height, side, resize, gray)
        for width, height, side in sizes for resize in ("stretch", "crop") for gray in (False, True)
    ]
    cases += [case(13, 7, 5, "crop", False, 6), case(9, 14, 6, "crop", True, 9), case(40, 6, 7, "crop", False, 11)]
    lines = [json.dumps(item, separators=(",", ":")) for item in cases]
    output.write_text("[\n" + ",\n".join(lines) + "\n]\n")
