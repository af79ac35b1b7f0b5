import CVCore
import CVTensor

/// `seeded.uniform(seed, *shape)` of `Tools/golden/seeded.py`: 0 ..< 1.
public func uniformTensor(seed: UInt64, _ shape: Shape) -> Tensor { numbers(seed, shape) { $0 } }

/// Uniform numbers in -1 ..< 1, times `scale`.
public func seededTensor(seed: UInt64, _ shape: Shape, scale: Float = 1) -> Tensor {
    numbers(seed, shape) { ($0 * 2 - 1) * scale }
}

/// Each number is computed from its index alone, so that large tensors are filled in parallel.
private func numbers(_ seed: UInt64, _ shape: Shape, _ change: (Float) -> Float) -> Tensor {
    Tensor(shape: shape) { values in
        Parallel.forRanges(shape.count, grain: 1 << 14) { range in
            for index in range {
                let bits = SplitMix64.number(UInt64(index), seed: seed) >> 40
                values[index] = change(Float(bits) / Float(1 << 24))
            }
        }
    }
}

/// The largest difference, relative to the largest expected value; infinite for another shape or a NaN.
public func relativeError(_ found: Tensor, _ expected: Tensor) -> Float {
    guard found.shape == expected.shape else { return .infinity }
    let differences = zip(found.values, expected.values).map { abs($0 - $1) }
    guard differences.allSatisfy({ $0.isFinite }) else { return .infinity }
    return (differences.max() ?? 0) / max(expected.values.map(abs).max() ?? 0, 1e-6)
}
