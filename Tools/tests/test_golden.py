"""Tests of what the goldens rest on: python3 -m unittest discover -s Tools/tests (needs numpy and Pillow)."""

import sys
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from golden import seeded
from golden.letterbox import Letterbox
from golden.yolo_decode import Candidate, Head, decode, iou, suppress


class SeededTests(unittest.TestCase):
    def test_values_are_the_upper_bits_of_splitmix64(self) -> None:
        # The first outputs of SplitMix64 for seed 1234567, as its authors' C code gives them.
        published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
        expected = [(value >> 40) / 2**24 for value in published]
        self.assertEqual(seeded.uniform(1234567, 3).tolist(), expected)

    def test_positions_are_different_and_ascending(self) -> None:
        positions = seeded.sample_positions(7, 1000, 100)
        self.assertEqual(len(set(positions.tolist())), 100)
        self.assertTrue((np.diff(positions) > 0).all())


class LetterboxTests(unittest.TestCase):
    def test_an_image_lies_in_the_middle_of_gray(self) -> None:
        letterbox = Letterbox(200, 100, 64)
        pixels = letterbox.apply(Image.new("RGB", (200, 100), (255, 0, 51)))
        self.assertEqual((letterbox.scaled, letterbox.offset), ((64, 32), (0, 16)))
        np.testing.assert_allclose(pixels[:, 15, 5], 0.5)
        np.testing.assert_allclose(pixels[:, 16, 5], [1, 0, 0.2], atol=1e-6)

    def test_boxes_return_to_the_image_and_are_clipped(self) -> None:
        boxes = Letterbox(200, 100, 64).to_image(np.array([[8, 20, 80, 48.0]]))
        np.testing.assert_allclose(boxes, [[25, 12.5, 200, 100]])


class DecodeTests(unittest.TestCase):
    def test_a_box_comes_out_where_the_formula_says(self) -> None:
        raw = np.full((7, 2, 3), -20.0)
        raw[:, 1, 2] = [0, 0, np.log(2), 0, 20, 20, -20]
        found = decode(raw, Head(anchors=((10, 14),), classes=2, width=96, height=64), 0.5)
        self.assertEqual([c.class_index for c in found], [0])
        np.testing.assert_allclose(found[0].box, [80 - 10, 48 - 7, 80 + 10, 48 + 7])

    def test_suppression_is_per_class_and_keeps_the_most_confident(self) -> None:
        box, other = np.array([0, 0, 10, 10.0]), np.array([0, 0, 10, 9.0])
        candidates = [Candidate(0, 0.5, box), Candidate(0, 0.9, other), Candidate(1, 0.6, box)]
        self.assertEqual([c.confidence for c in suppress(candidates, 0.45)], [0.9, 0.6])
        self.assertAlmostEqual(iou(box, other), 0.9)


if __name__ == "__main__":
    unittest.main()
