"""Tests of the conversion itself, on a small made-up file: python3 -m unittest discover -s Tools/tests."""

import hashlib
import io
import json
import pickle
import sys
import tempfile
import unittest
import zipfile
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from converters import multistyle26, selfie_segmentation, vgg16_hed
from converters.darknet_weights import DarknetWeights
from converters.mobilenet_v2_features import torchvision_key
from converters.package import Package, PackageError, PackageFile
from converters.safetensors_file import write_safetensors
from converters.tflite_layers import named
from converters.torch_file import MAGIC, PROTOCOL, read_state
from converters.yolov3_tiny import CONVOLUTIONS, read_tensors

HEADER = np.array([0, 2, 0, 7, 0], "<i4").tobytes()


def network_bytes(extra: int = 0) -> bytes:
    """A file of the right length for YOLOv3-tiny whose values are their own index."""
    count = sum(c.outputs * (4 if c.batch_norm else 1) + c.outputs * c.inputs * c.kernel**2 for c in CONVOLUTIONS)
    return HEADER + np.arange(count + extra, dtype="<f4").tobytes()


def legacy_file(*, count: int = 6, strides: bytes = b"K\x03K\x01", function: bytes = b"ctorch._utils\n_rebuild_tensor_v2\n",
                values: int = 6) -> bytes:
    """What torch.save wrote before version 1.6: one tensor "w", 2 × 3, of the values 0, 1, …, by hand in pickle's codes."""
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuK" + bytes([count]) + b"NtQ"
    tensor = function + b"(" + storage + b"K\0(K\x02K\x03t(" + strides + b"t\x89NtR"
    state = b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\0\0\0w" + tensor + b"u."
    head = b"".join(pickle.dumps(item, 2) for item in (MAGIC, PROTOCOL, {}))
    return head + state + pickle.dumps(["a"], 2) + count.to_bytes(8, "little") + np.arange(values, dtype="<f4").tobytes()


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

    def test_a_graph_of_other_shapes_is_refused_with_both(self) -> None:
        expected = selfie_segmentation.layers()
        found = [SimpleNamespace(kind=layer.kind, weight=np.full(layer.shape, index, "<f2"), bias=np.ones(1, "<f2"))
                 for index, layer in enumerate(expected)]
        tensors = named(found, expected)
        self.assertEqual(tensors["blocks.0.depthwise.weight"].shape, (16, 1, 3, 3))
        self.assertEqual(tensors["segment.weight"][0, 0, 0, 0], len(found) - 1)
        self.assertEqual({array.dtype for array in tensors.values()}, {np.dtype("<f4")})
        found[2] = found[1]
        with self.assertRaisesRegex(PackageError, r"blocks.0.depthwise: .*depthwise of \(16, 1, 3, 3\).*convolution"):
            named(found, expected)
        with self.assertRaisesRegex(PackageError, "54 layers with weights; expected 55"):
            named(found[1:], expected)

    def test_styles_get_the_keys_of_the_network(self) -> None:
        arrays = {}
        for number, (source, _, _, shape) in enumerate(multistyle26.LAYERS):
            arrays[f"{source}.w"] = np.full(shape, number, "<f4")
            arrays[f"{source}.norm.gamma"] = np.full((26, shape[0]), number + 0.25, "<f4")
            arrays[f"{source}.norm.beta"] = np.full((26, shape[0]), number + 0.5, "<f4")
        tensors = multistyle26.named(arrays)
        self.assertEqual(len(tensors), 54)
        self.assertEqual(tensors["res1.conv2.conv2d.weight"][0, 0, 0, 0], 4)
        self.assertEqual(tensors["in6.weight"][25, 2], 17.25)
        self.assertEqual(tensors["in4.bias"].shape, (26, 8))
        arrays["expand.0.w"] = arrays["res.0.0.w"]
        with self.assertRaisesRegex(PackageError, r"expand.0.w should have the shape \(8, 32, 3, 3\), found \(32, 32"):
            multistyle26.named(arrays)

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

    def test_tensors_are_read_as_they_lie_in_their_storage(self) -> None:
        self.assertEqual(read_state(legacy_file())["w"].tolist(), [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(read_state(legacy_file(strides=b"K\x01K\x02"))["w"].tolist(), [[0, 2, 4], [1, 3, 5]])

    def test_a_file_that_calls_a_function_is_refused_and_nothing_runs(self) -> None:
        with self.assertRaisesRegex(PackageError, "builtins.exec.*nothing was executed"):
            read_state(legacy_file(function=b"cbuiltins\nexec\n"))

    def test_damaged_files_of_torch_are_refused(self) -> None:
        whole = legacy_file()
        for length in range(0, len(whole), 7):
            with self.assertRaises(PackageError):
                read_state(whole[:length])
        for damaged in (legacy_file(strides=b"K\x04K\x01"), legacy_file(count=200), legacy_file(values=5)):
            with self.assertRaises(PackageError):
                read_state(damaged)

    def test_keys_of_mobilenet_are_those_of_torchvision(self) -> None:
        self.assertEqual(torchvision_key("features.0.1.bias"), "features.0.1.bias")
        self.assertEqual(torchvision_key("features.1.conv.3.weight"), "features.1.conv.1.weight")
        self.assertEqual(torchvision_key("features.17.conv.7.running_var"), "features.17.conv.3.running_var")

    def test_a_file_of_a_wheel_is_found(self) -> None:
        package = Package("p", "1", "", wheel_tag="py3-none-any")
        with zipfile.ZipFile(self.folder / "p-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("p/a.bin", b"bytes")
        file = PackageFile("p/a.bin", hashlib.sha256(b"bytes").hexdigest())
        self.assertEqual(package.read(file, self.folder), b"bytes")
    @unittest.skipUnless(find_spec("h5py"), "h5py is not installed")
    def test_vgg16_takes_rgb_where_hed_took_bgr(self) -> None:
        import h5py

        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            inputs = 3
            for block, (outputs, positions) in enumerate(vgg16_hed.BLOCKS, 1):
                for number in range(len(positions)):
                    name = f"block{block}/layers/conv2d" + (f"_{number}" if number else "") + "/vars"
                    weight = np.zeros((3, 3, inputs, outputs), "<f4")
                    # The row, the column, the input and the output by which a value is known again.
                    weight[0, 2, 0, 5], weight[2, 1, 1, 7] = 3, 4
                    file[f"{name}/0"], file[f"{name}/1"] = weight, np.full(outputs, block * 10 + number, "<f4")
                    inputs = outputs
        tensors = vgg16_hed.read_tensors(buffer.getvalue())
        self.assertEqual(len(tensors), 26)
        self.assertEqual(tensors["features.0.weight"][5, 2, 0, 2], 3)
        self.assertEqual(tensors["features.0.weight"][7, 1, 2, 1], 4)
        self.assertEqual(tensors["features.28.weight"][5, 0, 0, 2], 3)
        self.assertEqual(tensors["features.28.bias"][0], 52)
        self.assertEqual(tensors["features.17.weight"].shape, (512, 256, 3, 3))


if __name__ == "__main__":
    unittest.main()
