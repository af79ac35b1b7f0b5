"""Files of a Qt resource file (.rcc): a tree of names, with the files beside it."""

import struct
import zlib

FOLDER, ZLIB, ZSTD = 2, 1, 4


def file_of(resources: bytes, path: str) -> bytes:
    """The file at `path`, such as "/icons/open.png".

    The header holds the offsets of tree, files and names. A node of the tree holds the offset of its name, flags, and its
    children (how many, the first one's number) or, for a file, language and offset; from version 2 on a time, too.
    """
    magic, version, tree, files, names = struct.unpack_from(">4sIIII", resources)
    if magic != b"qres":
        raise ValueError(f"a Qt resource file begins with qres, not with {magic!r}")
    size = 22 if version >= 2 else 14

    def name(node: int) -> str:
        start = names + struct.unpack_from(">I", resources, node)[0]
        length = struct.unpack_from(">H", resources, start)[0]
        return resources[start + 6 : start + 6 + 2 * length].decode("utf-16-be")

    node = tree
    for part in path.strip("/").split("/"):
        count, first = struct.unpack_from(">II", resources, node + 6)
        children = [tree + (first + index) * size for index in range(count)]
        node = next((child for child in children if name(child) == part), None)
        if node is None:
            raise KeyError(f"{path}: {part} is not there")
    flags = struct.unpack_from(">H", resources, node + 4)[0]
    if flags & (FOLDER | ZSTD):
        raise ValueError(f"{path} is a folder, or compressed by zstd, which is not read here")
    start = files + struct.unpack_from(">I", resources, node + 10)[0]
    length = struct.unpack_from(">I", resources, start)[0]
    data = resources[start + 4 : start + 4 + length]
    return zlib.decompress(data[4:]) if flags & ZLIB else data
