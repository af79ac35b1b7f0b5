"""Tests of cifar_subset.py: python3 -m unittest discover -s Tools/tests"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cifar_subset import chosen


class ChosenTests(unittest.TestCase):
    """Which images are taken."""

    NAMES = [f"set/{label}/{number:02}.jpg" for label in ("cat", "dog") for number in range(30)]

    def test_each_class_has_as_many(self):
        names = chosen(self.NAMES, 7, seed=1)
        self.assertEqual([name.split("/")[1] for name in names], ["cat"] * 7 + ["dog"] * 7)
        self.assertEqual(len(set(names)), 14)

    def test_they_depend_on_the_seed_alone(self):
        self.assertEqual(chosen(self.NAMES, 7, seed=1), chosen(self.NAMES[::-1], 7, seed=1))
        self.assertNotEqual(chosen(self.NAMES, 7, seed=1), chosen(self.NAMES, 7, seed=2))

    def test_a_small_class_is_taken_whole(self):
        self.assertEqual(chosen(self.NAMES, 99, seed=1), sorted(self.NAMES))


if __name__ == "__main__":
    unittest.main()
