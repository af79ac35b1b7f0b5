import CVTensor

/// The numbers of `Tools/golden/seeded.py`: SplitMix64 (Steele et al. 2014), stretched to -1 ..< 1.
struct Numbers {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24) * 2 - 1
    }

    mutating func tensor(_ shape: Shape) -> Tensor {
        Tensor((0..<shape.count).map { _ in next() }, shape: shape)
    }
}

/// Largest difference, relative to the largest expected value.
func relativeError(_ found: Tensor, _ expected: Tensor) -> Float {
    guard found.shape == expected.shape else { return .infinity }
    let scale = expected.values.map(abs).max() ?? 0
    let difference = zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? 0
    return difference / max(scale, 1e-6)
}
