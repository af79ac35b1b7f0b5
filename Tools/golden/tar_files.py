"""Small tar files in the three formats that Python's tarfile writes, for Tests/CVTrainingTests.

Three files in class folders, one with a name beyond ASCII, one with a name that takes a prefix (ustar) or an extended
header (GNU, pax). The content of each is "content of <class>/<file>".
"""

import io
import tarfile
from pathlib import Path


def write_tar_files(folder: Path) -> None:
    """`ustar.tar`, `gnu.tar` and `pax.tar`."""
    formats = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
    for name, number in formats.items():
        long = "long" * (20 if name == "ustar" else 70)
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=number) as tar:
            for path in ("cat/0.png", "größe/ä.png", f"{long}/{long[:90]}.png"):
                content = f"content of {path}".encode()
                info = tarfile.TarInfo(f"set/{path}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        (folder / f"{name}.tar").write_bytes(stream.getvalue())
