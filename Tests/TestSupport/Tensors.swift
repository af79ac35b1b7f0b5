import CVTensor

/// `seeded.uniform(seed, *shape)` of `Tools/golden/seeded.py`: 0 ..< 1.
public func uniformTensor(seed: UInt64, _ shape: Shape) -> Tensor {
    var numbers = SplitMix64(seed: seed)
    return Tensor((0..<shape.count).map { _ in numbers.uniform() }, shape: shape)
}

/// The same, stretched to -1 ..< 1.
public func seededTensor(seed: UInt64, _ shape: Shape) -> Tensor {
    Tensor(uniformTensor(seed: seed, shape).values.map { $0 * 2 - 1 }, shape: shape)
}

/// Largest difference, relative to the largest expected value; infinite for another shape or a NaN.
public func relativeError(_ found: Tensor, _ expected: Tensor) -> Float {
    guard found.shape == expected.shape else { return .infinity }
    let differences = zip(found.values, expected.values).map { abs($0 - $1) }
    guard differences.allSatisfy({ $0.isFinite }) else { return .infinity }
    return (differences.max() ?? 0) / max(expected.values.map(abs).max() ?? 0, 1e-6)
}
