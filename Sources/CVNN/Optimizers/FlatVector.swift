import CKernels
import CVCore
import CVTensor

/// The values of several tensors concatenated, with the vector operations of L-BFGS.
struct FlatVector {
    private(set) var values: [Float]

    init(_ tensors: [Tensor]) {
        values = []
        values.reserveCapacity(tensors.reduce(0) { $0 + $1.shape.count })
        for tensor in tensors { tensor.withValues { values.append(contentsOf: $0) } }
    }

    /// Split into tensors of these shapes again.
    func tensors(_ shapes: [Shape]) -> [Tensor] {
        var start = 0
        return shapes.map { shape in
            defer { start += shape.count }
            return Tensor(Array(values[start..<start + shape.count]), shape: shape)
        }
    }

    /// Summed in double precision over pieces of a fixed size.
    func dot(_ other: FlatVector) -> Double {
        values.withUnsafeBufferPointer { x in
            other.values.withUnsafeBufferPointer { y in
                sumInPieces(x.count, grain: 1 << 12) { range in
                    Double(
                        cvk_dot(
                            InstructionSet.current.cValue, x.baseAddress! + range.lowerBound, 0,
                            y.baseAddress! + range.lowerBound, 0, range.count))
                }
            }
        }
    }

    /// self = own · self + factor · other.
    mutating func combine(_ own: Double, plus factor: Double, _ other: FlatVector) {
        values.withUnsafeMutableBufferPointer { x in
            guard let x = x.baseAddress else { return }
            other.values.withUnsafeBufferPointer { y in
                cvk_combine(InstructionSet.current.cValue, Float(own), x, Float(factor), y.baseAddress, 0, x, y.count)
            }
        }
    }

    func plus(_ factor: Double, _ other: FlatVector) -> FlatVector {
        var sum = self
        sum.combine(1, plus: factor, other)
        return sum
    }

    var largest: Double { values.reduce(0) { Swift.max($0, Double(abs($1))) } }
    var absoluteSum: Double { values.reduce(0) { $0 + Double(abs($1)) } }
}
