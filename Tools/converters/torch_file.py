"""Reads a state_dict as `torch.save` wrote it before PyTorch 1.6, and executes nothing that stands in the file.

Such a file is four pickles (a magic number, the protocol, sizes of types, the dictionary), a pickled list of the names of
storages, and the storages: a count of values as int64, then the values. A pickle may name any function to call; here it
may name three, which are our own.
"""

import collections
import io
import pickle
from dataclasses import dataclass

import numpy as np

from .package import PackageError

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
TYPES = {"FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8", "LongStorage": "<i8", "IntStorage": "<i4"}


@dataclass(frozen=True)
class Storage:
    """A row of values that tensors are views of."""

    key: str
    dtype: np.dtype
    count: int


@dataclass(frozen=True)
class View:
    """A tensor: where in its storage it begins, and how far apart its values are."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _view(storage, offset, shape, strides, *_) -> View:
    """What `torch._utils._rebuild_tensor_v2` stands for."""
    return View(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    """Knows dictionaries, tensors and storages."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if module == "torch" and name in TYPES:
            return np.dtype(TYPES[name])
        raise PackageError(f"the file asks for {module}.{name}, which is no part of a state_dict; nothing was executed")

    def persistent_load(self, name: object) -> Storage:
        kind, dtype, key, _, count, part = name
        if kind != "storage" or part is not None or not isinstance(dtype, np.dtype):
            raise PackageError(f"the file refers to {name!r}; a whole storage is expected")
        return Storage(key, dtype, count)


def read_state(data: bytes) -> dict[str, np.ndarray]:
    """The tensors by key, in the order of the file."""
    file = io.BytesIO(data)
    try:
        magic, protocol, _, state, keys = (_Unpickler(file).load() for _ in range(5))
    except PackageError:
        raise
    except Exception as error:  # A pickle that is damaged can fail in any way.
        raise PackageError(f"the file is no state_dict: {type(error).__name__}: {error}") from error
    if (magic, protocol) != (MAGIC, PROTOCOL) or not isinstance(state, dict):
        raise PackageError("the file is not one of torch.save of before version 1.6")
    if not all(isinstance(view, View) for view in state.values()):
        raise PackageError("the file holds other things than tensors")
    storages = {view.storage.key: view.storage for view in state.values()}
    values = {key: _values(storages, key, file) for key in keys}
    return {name: _tensor(name, view, values) for name, view in state.items()}


def _values(storages: dict[str, Storage], key: str, file: io.BytesIO) -> np.ndarray:
    storage = storages.get(key)
    count = int.from_bytes(file.read(8), "little")
    if storage is None or storage.count != count:
        raise PackageError(f"the storage {key} has {count} values; {storage} is expected")
    data = file.read(count * storage.dtype.itemsize)
    if len(data) != count * storage.dtype.itemsize:
        raise PackageError(f"the file ends within the storage {key}")
    return np.frombuffer(data, storage.dtype)


def _tensor(name: str, view: View, values: dict[str, np.ndarray]) -> np.ndarray:
    row = values.get(view.storage.key, np.empty(0))
    last = view.offset + sum((size - 1) * step for size, step in zip(view.shape, view.strides, strict=True))
    if min((view.offset, *view.strides)) < 0 or min(view.shape, default=1) < 1 or last >= len(row):
        raise PackageError(f"{name} of shape {view.shape} and strides {view.strides} reaches beyond its storage")
    strides = [step * row.itemsize for step in view.strides]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(row[view.offset:], view.shape, strides, writeable=False))
