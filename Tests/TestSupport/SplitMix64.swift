// The random number generator of the tests.
@_exported import struct CVCore.SplitMix64
