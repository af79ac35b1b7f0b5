"""From an image to a network's input and back: scaled to fit, centered, the rest filled with gray."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps


@dataclass(frozen=True)
class Letterbox:
    """Where an image of `width` × `height` lies in a square of `side`."""

    width: int
    height: int
    side: int

    @property
    def scaled(self) -> tuple[int, int]:
        """Width and height of the image inside the square, rounded half up, at least 1."""
        scale = min(self.side / self.width, self.side / self.height)
        return tuple(max(1, math.floor(size * scale + 0.5)) for size in (self.width, self.height))

    @property
    def offset(self) -> tuple[int, int]:
        """The image's left and top inside the square."""
        return tuple((self.side - size) // 2 for size in self.scaled)

    def apply(self, image: Image.Image) -> np.ndarray:
        """[3, side, side] float32 in 0…1, RGB. Pillow's bilinear filter is antialiased when it shrinks."""
        resized = image.resize(self.scaled, Image.Resampling.BILINEAR)
        (left, top), (width, height) = self.offset, self.scaled
        canvas = np.full((self.side, self.side, 3), 0.5, np.float32)
        canvas[top:top + height, left:left + width] = np.asarray(resized, np.float32) / np.float32(255)
        return np.ascontiguousarray(canvas.transpose(2, 0, 1))

    def to_image(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes [n, 4] (x1, y1, x2, y2) from the square's pixels to the image's, clipped to the image."""
        factors = np.array([self.width / self.scaled[0], self.height / self.scaled[1]] * 2)
        limits = np.array([self.width, self.height] * 2)
        return np.clip((boxes - np.array(self.offset * 2)) * factors, 0, limits)


def open_image(path: Path) -> Image.Image:
    """The image as RGB, with its EXIF orientation applied."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")
