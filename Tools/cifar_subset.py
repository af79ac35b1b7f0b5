#!/usr/bin/env python3
"""Takes some images of each class out of a tar file of class folders, always the same: a small set to learn from.

    python3 Tools/cifar_subset.py cifar10-train.tar --count 200 -o cifar-small.tar
    cvtool train classify cifar-small.tar --pretrained efficientnet-lite0 --freeze backbone --holdout 0.5
"""

import argparse
import random
import tarfile
from collections import defaultdict
from pathlib import Path, PurePosixPath


def chosen(names: list[str], count: int, seed: int) -> list[str]:
    """`count` names of each folder, by lot, sorted."""
    folders = defaultdict(list)
    for name in sorted(names):
        folders[PurePosixPath(name).parent].append(name)
    lots = random.Random(seed)
    return [name for _, mine in sorted(folders.items()) for name in sorted(lots.sample(mine, min(count, len(mine))))]


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="a tar file with a folder for each class")
    parser.add_argument("--count", type=int, default=200, metavar="N", help="images of each class (default: 200)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number takes others (default: 1)")
    parser.add_argument("-o", "--output", type=Path, default=Path("cifar-small.tar"), metavar="FILE")
    arguments = parser.parse_args()
    if arguments.output.exists():
        raise SystemExit(f"{arguments.output} exists")
    with tarfile.open(arguments.source) as source, tarfile.open(arguments.output, "w") as target:
        files = {member.name: member for member in source if member.isfile()}
        for name in chosen(list(files), arguments.count, arguments.seed):
            entry = tarfile.TarInfo(name)
            entry.size = files[name].size
            target.addfile(entry, source.extractfile(files[name]))


if __name__ == "__main__":
    main()
