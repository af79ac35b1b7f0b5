"""torchvision's TenCrop of small images, for Tests/CVTaskTests: the images of `preprocessing`."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms import Resize, TenCrop

from .preprocessing import ramp


def case(width: int, height: int, side: int, resize: str, shorter_side: int | None) -> dict:
    """Ten crops of side × side, by default of an image whose shorter side is 8/7 of that."""
    image, large = ramp(width, height), shorter_side or round(side * 8 / 7)
    image = Resize(large)(image) if resize == "crop" else image.resize((large, large), Image.Resampling.BILINEAR)
    crops = np.stack([np.asarray(crop) for crop in TenCrop(side)(image)])
    return {"width": width, "height": height, "side": side, "resize": resize, "shorter_side": shorter_side,
            "samples": crops.ravel().tolist()}


def write_ten_crops(output: Path) -> None:
    """A line for each case."""
    cases = [
        case(13, 7, 5, "crop", None), case(7, 13, 5, "crop", None), case(9, 14, 6, "crop", 9),
        case(32, 32, 8, "crop", None), case(13, 7, 5, "stretch", None), case(30, 41, 7, "stretch", None),
    ]
    output.write_text("[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in cases) + "\n]\n")
