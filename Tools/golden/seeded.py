"""Numbers that Python and Swift make alike, so that a test needs no stored input.

Value i of seed s is the i-th output of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
generators") started at s, its upper 24 bits read as a fraction:

    z = s + (i + 1) · 0x9E3779B97F4A7C15        (all arithmetic modulo 2^64, i from 0)
    z = (z xor (z >> 30)) · 0xBF58476D1CE4E5B9
    z = (z xor (z >> 27)) · 0x94D049BB133111EB
    z =  z xor (z >> 31)
    value = Float(z >> 40) / 16777216           (exact in float32, in [0, 1))

A tensor is filled in row-major order: for an input [3, H, W], i = (c · H + y) · W + x.
"""

import numpy as np


def uniform(seed: int, *shape: int) -> np.ndarray:
    """float32 values in [0, 1) of this shape."""
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)).reshape(shape)


def sample_positions(seed: int, total: int, count: int) -> np.ndarray:
    """`count` different positions below `total`, ascending; stored with the golden, so Swift need not make them."""
    values = uniform(seed, total)
    return np.sort(np.argsort(values, kind="stable")[:count])
