#!/usr/bin/env python3
"""Files for the tests of safetensors, written and read by the reference library (safetensors, torch).

    golden_safetensors.py write FOLDER  writes the files that Tests/CVNNTests/Golden holds
    golden_safetensors.py read FILE     checks that FILE, written by SafetensorsTests, reads as it should

Run again with the same versions, `write` gives the same bytes.
"""
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file


def tensors():
    """Every type that converts to float, and shapes at the edges: scalar, empty, odd."""
    ramp = torch.arange(-6, 6, dtype=torch.float64).reshape(3, 4) / 7
    return {
        "f64": ramp,
        "f32": ramp.to(torch.float32),
        "f16": ramp.to(torch.float16),
        "bf16": ramp.to(torch.bfloat16),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "odd": torch.arange(5, dtype=torch.uint8),
        "flag": torch.tensor([True, False]),
        "count": torch.tensor([1, -2, 3]),
    }


def sample():
    """The tensors that the writer's test writes: values that F16 and BF16 must round."""
    values = torch.tensor([(i * 37 % 101 - 50) / 9 for i in range(24)], dtype=torch.float64).to(torch.float32)
    return {
        "layer.weight": values.reshape(2, 3, 2, 2),
        "layer.bias": values[:5].to(torch.float16),
        "a/b é": values[:7].to(torch.bfloat16),
        "scalar": torch.tensor(-0.125),
        "none": torch.zeros(2, 0),
    }


def write(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors(), folder / "types.safetensors", metadata={"note": "line\n\"quoted\" é"})
    save_file(sample(), folder / "sample.safetensors", metadata={"format": "pt"})


def read(path):
    found, expected = load_file(path), sample()
    assert found.keys() == expected.keys(), found.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, (name, found[name].dtype, tensor.dtype)
        assert found[name].shape == tensor.shape, (name, found[name].shape, tensor.shape)
        assert torch.equal(found[name], tensor), name
    print(f"{path}: {len(expected)} tensors read as expected")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "write":
        write(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == "read":
        read(sys.argv[2])
    else:
        sys.exit(__doc__)
