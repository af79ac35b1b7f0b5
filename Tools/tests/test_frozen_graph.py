"""Tests of the reader of frozen graphs on bytes by hand: python3 -m unittest discover -s Tools/tests."""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from converters.frozen_graph import read_constants, varint
from converters.package import PackageError
from converters.ssd_mobilenet_v2 import CLASSES, LABELS, selected


def field(number: int, payload: bytes) -> bytes:
    """A field of bytes, shorter than 128."""
    return bytes([number << 3 | 2, len(payload)]) + payload


def node(name: bytes, operation: bytes, tensor: bytes) -> bytes:
    """A node of a graph with the attribute "value"."""
    return field(1, field(1, name) + field(2, operation) + field(5, field(1, b"value") + field(2, field(8, tensor))))


def shape(*sides: int) -> bytes:
    """The shape of a tensor."""
    return field(2, b"".join(field(2, bytes([8, side])) for side in sides))


class FrozenGraphTests(unittest.TestCase):
    def test_constants_of_float32_are_read(self) -> None:
        values = np.arange(6, dtype="<f4")
        graph = (node(b"a", b"Const", b"\x08\x01" + shape(2, 3) + field(4, values.tobytes()))
                 + node(b"one", b"Const", b"\x08\x01" + shape(2) + field(5, values[1:2].tobytes()))
                 + node(b"whole", b"Const", b"\x08\x03" + shape() + b"\x38\x05")
                 + node(b"other", b"Identity", b"\x08\x01" + shape(1) + field(4, values[:1].tobytes())))
        constants = read_constants(graph)
        self.assertEqual(sorted(constants), ["a", "one"])
        self.assertEqual(constants["a"].tolist(), [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(constants["one"].tolist(), [1, 1])

    def test_damaged_graphs_are_errors(self) -> None:
        whole = node(b"a", b"Const", b"\x08\x01" + shape(1) + field(4, b"\0\0\0\0"))
        for end in range(1, len(whole)):
            with self.assertRaises(PackageError):
                read_constants(whole[:end])
        with self.assertRaises(PackageError):
            read_constants(b"\x0b")
        self.assertEqual(varint(memoryview(b"\x96\x01"), 0), (150, 2))

    def test_classes_that_exist_and_the_order_of_boxes(self) -> None:
        self.assertEqual((len(CLASSES), len(LABELS), CLASSES[0], CLASSES[11], CLASSES[-1]), (80, 80, 1, 13, 90))
        rows = selected(np.arange(2 * 91), CLASSES)
        self.assertEqual((rows[0], rows[11], rows[80], rows.size), (1, 13, 92, 160))
        self.assertEqual(selected(np.arange(8), [1, 0, 3, 2]).tolist(), [1, 0, 3, 2, 5, 4, 7, 6])


if __name__ == "__main__":
    unittest.main()
