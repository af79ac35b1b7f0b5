"""Files of the safetensors reference library for Tests/CVWeightsTests, and the check of a file that those tests wrote.

The same versions of the library and of torch give the same bytes.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def tensors() -> dict[str, torch.Tensor]:
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


def sample() -> dict[str, torch.Tensor]:
    """The tensors that the writer's test writes: values that F16 and BF16 must round."""
    values = torch.tensor([(i * 37 % 101 - 50) / 9 for i in range(24)], dtype=torch.float64).to(torch.float32)
    return {
        "layer.weight": values.reshape(2, 3, 2, 2),
        "layer.bias": values[:5].to(torch.float16),
        "a/b é": values[:7].to(torch.bfloat16),
        "scalar": torch.tensor(-0.125),
        "none": torch.zeros(2, 0),
    }


def write_weight_files(output: Path) -> None:
    """Writes both files into the folder."""
    output.mkdir(parents=True, exist_ok=True)
    save_file(tensors(), output / "types.safetensors", metadata={"note": "line\n\"quoted\" é"})
    save_file(sample(), output / "sample.safetensors", metadata={"format": "pt"})


def check_written(path: Path) -> None:
    """Stops with the difference unless the file, written by SafetensorsTests, holds `sample()`."""
    found, expected = load_file(path), sample()
    if found.keys() != expected.keys():
        raise SystemExit(f"{path}: tensors {sorted(found)}, expected {sorted(expected)}")
    for name, tensor in expected.items():
        if found[name].dtype != tensor.dtype or not torch.equal(found[name], tensor):
            raise SystemExit(f"{path}: {name} is {found[name]}, expected {tensor}")
    print(f"{path}: {len(expected)} tensors read as expected")
