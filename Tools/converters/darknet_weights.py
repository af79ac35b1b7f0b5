"""Reads darknet's `.weights`: a short header, then one long row of float32 that only the network's cfg can divide.

For each convolution stand, in the order of the cfg: the biases; with batch-norm the scales, running means and running
variances; then the weights as [out, in / groups, height, width]. Source: `load_convolutional_weights` in darknet's
parser.c.
"""

import numpy as np

from .package import PackageError


class DarknetWeights:
    """The values of a `.weights` file, taken from front to back."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 16:
            raise PackageError(f"a darknet header has at least 16 bytes, the file has {len(data)}")
        self.major, self.minor, self.revision = (int(v) for v in np.frombuffer(data, "<i4", 3))
        # The count of images seen grew from 32 to 64 bits with version 0.2.
        header = 20 if self.major * 10 + self.minor >= 2 else 16
        if len(data) < header or (len(data) - header) % 4 != 0:
            raise PackageError(f"after a header of {header} bytes should stand float32 values, found "
                               f"{len(data) - header} bytes")
        self.values = np.frombuffer(data, "<f4", offset=header)
        self.position = 0

    def take(self, *shape: int) -> np.ndarray:
        """The next values, as an array of this shape."""
        count = int(np.prod(shape))
        end = self.position + count
        if end > len(self.values):
            raise PackageError(f"the weights end after {len(self.values)} values, at least {end} are needed")
        values = self.values[self.position:end].reshape(shape)
        self.position = end
        return values

    def finish(self) -> None:
        """Makes sure that nothing is left over: leftovers mean that the file belongs to another network."""
        if self.position != len(self.values):
            raise PackageError(f"the network takes {self.position} values, the weights hold {len(self.values)}")
