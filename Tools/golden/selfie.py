"""The results of MediaPipe's own runtime for sample images, for Tests/CVSegmentationTests.

Needs mediapipe==0.10.14 in a Python 3.11 of its own. The images are resized by Pillow, as the toolkit does it, so that
only the network is compared.
"""

from pathlib import Path

import mediapipe
import numpy as np
from PIL import Image, ImageOps


def matte(path: Path) -> np.ndarray:
    """The network's raw matte, 256 × 256, from 0 to 1."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
    with mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0) as segmentation:
        return segmentation.process(np.asarray(image)).segmentation_mask


def write_mattes(folder: Path, images: list[Path]) -> None:
    """`selfie-NAME.png` for each image: 8-bit gray."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in images:
        levels = np.rint(matte(path) * 255).astype(np.uint8)
        Image.fromarray(levels).save(folder / f"selfie-{path.stem}.png", optimize=True)
