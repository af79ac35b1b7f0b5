"""A safetensors writer whose output depends on its input alone: same tensors and metadata, same bytes.

Format: an 8-byte little-endian header length, a JSON header padded with spaces to a multiple of 8, then the tensors'
bytes without gaps. Wider types come first, so that every tensor is aligned to its own element.
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np

TYPE_NAMES = {np.dtype("<f4"): "F32", np.dtype("<f2"): "F16", np.dtype("<i4"): "I32"}



def stored(tensors: dict[str, np.ndarray], precision: str) -> dict[str, np.ndarray]:
    """The tensors as they are stored: with "f16", the weights of convolutions and linear layers in half precision.

    Batch-norm and biases stay float32: they are few, and a running variance can lie outside the range of half precision.
    """
    if precision == "f32":
        return tensors
    return {key: array.astype("<f2") if array.ndim > 1 else array for key, array in tensors.items()}


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    """Writes the file in one step: it is complete or it is not there.

    `data_sha256` is added to the metadata: the SHA-256 of everything after the header, by which a reader can tell
    whether the weights are those that were converted.
    """
    arrays = sorted(((name, np.ascontiguousarray(array)) for name, array in tensors.items()),
                    key=lambda item: -item[1].dtype.itemsize)
    data = b"".join(array.tobytes() for _, array in arrays)
    header = _header(arrays, {**metadata, "data_sha256": hashlib.sha256(data).hexdigest()})
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(len(header).to_bytes(8, "little") + header + data)
    os.replace(partial, path)


def _header(arrays: list[tuple[str, np.ndarray]], metadata: dict[str, str]) -> bytes:
    """The JSON header: metadata sorted by key, then the tensors in the order of their bytes."""
    entries: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    offset = 0
    for name, array in arrays:
        entries[name] = {"dtype": TYPE_NAMES[array.dtype], "shape": list(array.shape),
                         "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (-len(text) % 8)
