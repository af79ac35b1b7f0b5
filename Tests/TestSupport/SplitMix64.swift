// Tests take their random numbers from here.
@_exported import struct CVCore.SplitMix64
