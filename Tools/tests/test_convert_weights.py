"""Tests of the conversion itself, on a small made-up file: python3 -m unittest discover -s Tools/tests."""

import hashlib
import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from converters.darknet_weights import DarknetWeights
from converters.package import Package, PackageError, PackageFile
from converters.safetensors_file import write_safetensors
from converters.yolov3_tiny import CONVOLUTIONS, read_tensors

HEADER = np.array([0, 2, 0, 7, 0], "<i4").tobytes()


def network_bytes(extra: int = 0) -> bytes:
    """A file of the right length for YOLOv3-tiny whose values are their own index."""
    count = sum(c.outputs * (4 if c.batch_norm else 1) + c.outputs * c.inputs * c.kernel**2 for c in CONVOLUTIONS)
    return HEADER + np.arange(count + extra, dtype="<f4").tobytes()


class ConvertTests(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def test_values_stand_under_the_right_keys(self) -> None:
        tensors = read_tensors(DarknetWeights(network_bytes()))
        self.assertEqual(tensors["conv1.bn.bias"].tolist(), list(range(16)))
        self.assertEqual(tensors["conv1.bn.weight"][0], 16)
        self.assertEqual(tensors["conv1.bn.running_mean"][0], 32)
        self.assertEqual(tensors["conv1.bn.running_var"][0], 48)
        self.assertEqual(tensors["conv1.conv.weight"].shape, (16, 3, 3, 3))
        self.assertEqual(tensors["conv1.conv.weight"][0, 1, 0, 2], 64 + 9 + 2)
        self.assertEqual(tensors["head2.weight"].shape, (255, 256, 1, 1))
        self.assertEqual(len(tensors), 11 * 5 + 2 * 2)

    def test_a_file_of_another_length_is_refused_with_both_counts(self) -> None:
        for extra in (-1, 1):
            with self.assertRaisesRegex(PackageError, r"\d+ values.* \d+"):
                read_tensors(DarknetWeights(network_bytes(extra)))

    def test_another_file_is_refused_with_both_hashes(self) -> None:
        expected = "0" * 64
        (self.folder / "a.weights").write_bytes(b"other")
        package = Package("p", "1", "")
        with self.assertRaises(PackageError) as caught:
            package.read(PackageFile("a.weights", expected), self.folder)
        self.assertIn(expected, str(caught.exception))
        self.assertIn(hashlib.sha256(b"other").hexdigest(), str(caught.exception))

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        names = [self.folder / "one.safetensors", self.folder / "two.safetensors"]
        for name, order in zip(names, (("a", "b"), ("b", "a"))):
            write_safetensors(name, read_tensors(DarknetWeights(network_bytes())), {key: key for key in order})
        self.assertEqual(names[0].read_bytes(), names[1].read_bytes())

    def test_the_data_hash_covers_everything_after_the_header(self) -> None:
        path = self.folder / "x.safetensors"
        write_safetensors(path, {"h": np.ones(3, "<f2"), "f": np.ones((2, 2), "<f4")}, {})
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + length])
        self.assertEqual(length % 8, 0)
        self.assertEqual(header["__metadata__"]["data_sha256"], hashlib.sha256(data[8 + length:]).hexdigest())
        self.assertEqual(header["f"]["data_offsets"], [0, 16])
        self.assertEqual(header["h"]["data_offsets"], [16, 22])


if __name__ == "__main__":
    unittest.main()
