"""Reads the constants of a frozen TensorFlow graph: a `GraphDef` of the protocol buffers of tensorflow/core/framework.

Only what is needed of the format: a message is a row of fields, each with a number and a wire type. TensorFlow is not needed.
"""

from collections.abc import Iterator

import numpy as np

from .package import PackageError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FLOAT = 1  # DT_FLOAT


def varint(data: memoryview, start: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    for position in range(start, min(start + 10, len(data))):
        value |= (data[position] & 0x7F) << shift
        shift += 7
        if data[position] < 0x80:
            return value, position + 1
    raise PackageError("the graph ends within a number")


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message: the number of each and its value, a whole number or bytes."""
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, position = varint(data, position)
            yield number, value
            continue
        if kind == BYTES:
            length, position = varint(data, position)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise PackageError(f"the graph has a field of the unknown kind {kind}")
        if position + length > len(data):
            raise PackageError("the graph ends within a field")
        yield number, data[position:position + length]
        position += length


def read_constants(data: bytes) -> dict[str, np.ndarray]:
    """The constants of float32 by the names of their nodes, in TensorFlow's order of axes."""
    constants: dict[str, np.ndarray] = {}
    for number, node in fields(memoryview(data)):
        if number != 1:
            continue
        parts = list(fields(node))
        name, operation = (next((bytes(v).decode() for n, v in parts if n == number), "") for number in (1, 2))
        if operation != "Const":
            continue
        attributes = [dict(fields(value)) for n, value in parts if n == 5]
        value = next((each[2] for each in attributes if bytes(each[1]) == b"value"), None)
        array = None if value is None else tensor(dict(fields(value)).get(8, memoryview(b"")))
        if array is not None:
            constants[name] = array
    return constants


def tensor(message: memoryview) -> np.ndarray | None:
    """The array of a `TensorProto`; None unless it is of float32."""
    shape: list[int] = []
    content = values = memoryview(b"")
    kind = 0
    for number, value in fields(message):
        if number == 1:
            kind = value
        elif number == 2:
            shape = [dict(fields(size)).get(1, 0) for n, size in fields(value) if n == 2]
        elif number == 4:
            content = value
        elif number == 5:
            values = value
    if kind != FLOAT:
        return None
    array = np.frombuffer(content if len(content) > 0 else values, "<f4")
    count = int(np.prod(shape))
    # Equal values are stored once.
    return np.full(shape, array[0], "<f4") if array.size == 1 and count > 1 else array.reshape(shape)
