"""Small files of torch.save for Tests/CVWeightsTests and Tests/CVToolTests, and their values as torch reads them.

The same version of torch gives the same bytes, but for legacy.pth: there the names of storages are addresses.
"""

import argparse
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch


def values(*shape: int, start: float = 0) -> torch.Tensor:
    """Different numbers with fractions, all of them exact in 16 bits."""
    count = int(np.prod(shape))
    return ((torch.arange(count, dtype=torch.float32) + start) / 8 - 1).reshape(shape)


def tensors() -> OrderedDict:
    """Every type that is read, and every way to lie in a storage."""
    base = values(12, start=40)
    return OrderedDict(
        weight=values(2, 3),
        transposed=values(4, 3).t(),
        channels_last=values(1, 2, 3, 2).to(memory_format=torch.channels_last),
        half=values(5).half(),
        bfloat=values(4).bfloat16(),
        double=values(3).double() / 3,
        first=base[:4],
        second=base[4:10:2],
        again=base[:4].reshape(2, 2),
        expanded=values(3, 1).expand(3, 4),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(values(2)),
        count=torch.tensor([1, -2, 3]),
    )


def network() -> torch.nn.Module:
    """A layer with batch-norm, whose state has buffers and a number of batches."""
    module = torch.nn.Sequential(OrderedDict(conv=torch.nn.Conv2d(1, 2, 2), bn=torch.nn.BatchNorm2d(2)))
    with torch.no_grad():
        for number, tensor in enumerate(module.state_dict().values()):
            if tensor.is_floating_point():
                tensor.copy_(values(*tensor.shape, start=10 * number))
    return module


def training() -> dict:
    """What a script of training saves: weights of DataParallel beside everything else."""
    module = network()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.1)
    module(torch.ones(1, 1, 3, 3)).square().sum().backward()
    optimizer.step()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    with torch.no_grad():
        for mine, fresh in zip(module.state_dict().values(), network().state_dict().values()):
            mine.copy_(fresh)
    return {
        "epoch": 3, "arch": "small", "best": np.float64(0.5), "history": np.arange(3.0),
        "args": argparse.Namespace(lr=0.1, path=Path("data")), "seen": {1, 2}, "ratio": 0.25, "big": 1 << 70,
        "device": torch.device("cpu"), "dtype": torch.float16, "size": torch.Size([1, 2]),
        "state_dict": torch.nn.DataParallel(module).state_dict(),
        "optimizer": optimizer.state_dict(), "lr_scheduler": schedule.state_dict(),
    }


def logistic() -> OrderedDict:
    """Softmax regression over gray images of 4 × 4, three classes."""
    return OrderedDict({"fc.weight": values(3, 16, start=-20) / 4, "fc.bias": values(3)})


def write_pth_files(output: Path) -> None:
    """The files into the folder, and `values.json`: shape and values of each tensor as torch.load gives them."""
    output.mkdir(parents=True, exist_ok=True)
    torch.save(tensors(), output / "zip.pth")
    torch.save(tensors(), output / "protocol5.pth", pickle_protocol=5)
    torch.save(tensors(), output / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(training(), output / "training.pth")
    torch.save({"model": {"state_dict": network().state_dict()}, "ema": network().state_dict()}, output / "nested.pth")
    torch.save(network(), output / "module.pth")
    torch.save({"net": {f"module.{key}": value for key, value in logistic().items()}}, output / "logistic.pth")
    expected = {}
    for name in ("zip", "protocol5", "legacy"):
        # These files were written above; torch's own restricted reader does not know all of protocol 5.
        state = torch.load(output / f"{name}.pth", weights_only=False)
        expected[name] = {
            key: {"shape": list(tensor.shape), "values": tensor.double().flatten().tolist()}
            for key, tensor in state.items()
        }
    assert expected["zip"] == expected["protocol5"] == expected["legacy"]
    level = torch.arange(16, dtype=torch.float32).reshape(16) * 16
    state = logistic()
    logits = state["fc.weight"] @ (level / 255) + state["fc.bias"]
    (output / "values.json").write_text(json.dumps({
        "tensors": expected["zip"],
        "network": {key: {"shape": list(tensor.shape), "values": tensor.double().flatten().tolist()}
                    for key, tensor in network().state_dict().items()},
        "logistic": torch.softmax(logits, 0).tolist(),
    }, indent=1) + "\n")
