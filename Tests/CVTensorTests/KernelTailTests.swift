import CKernels
import CVCore
import CVTensor
import TestSupport
import Testing

/// Kernels called directly, for counts around the width of a vector: whole vectors, and what is left.
@Suite struct KernelTailTests {
    @Test("kernels: a · x + b · y + c, for every number of elements", arguments: InstructionSet.available)
    func combinations(isa: InstructionSet) {
        for count in Array(0...67) + [127, 128, 129] {
            let x = uniformTensor(seed: 1, [count + 1]).values
            let y = uniformTensor(seed: 2, [count + 1]).values
            // What lies behind must stay as it is.
            var z = [Float](repeating: 7, count: count + 20)
            cvk_combine(isa.cValue, 0.5, x, -2, y, 0.25, &z, count)
            for index in 0..<count {
                let expected = 0.5 * Double(x[index]) - 2 * Double(y[index]) + 0.25
                #expect(abs(Double(z[index]) - expected) < 1e-6, "\(index) of \(count)")
            }
            #expect(z[count...].allSatisfy { $0 == 7 }, "\(count)")
        }
    }

    @Test("kernels: the gradient of a depthwise filter, for every width", arguments: InstructionSet.available)
    func depthwiseWeightGradients(isa: InstructionSet) {
        let taps = 9
        for columns in Array(1...35) + [63, 64, 65] {
            for rows in [1, 2, 5] {
                let step = columns + 2
                let count = (rows + 2) * step + 64
                let packed = uniformTensor(seed: 3, [count]).values
                // Past the end of a row of dy lies the next: a tail that reads on is seen.
                let dy = uniformTensor(seed: 4, [rows * columns]).values + [Float](repeating: 1e6, count: 64)
                let offsets = (0..<taps).map { $0 / 3 * step + $0 % 3 }
                var gradient = (0..<taps).map(Float.init)
                cvk_depthwise_weight(isa.cValue, packed, step, offsets, taps, rows, columns, dy, &gradient)
                for tap in 0..<taps {
                    var expected = Double(tap)
                    for row in 0..<rows {
                        for column in 0..<columns {
                            expected +=
                                Double(dy[row * columns + column]) * Double(packed[offsets[tap] + row * step + column])
                        }
                    }
                    #expect(abs(Double(gradient[tap]) - expected) < 2e-4, "tap \(tap) of \(rows)×\(columns)")
                }
            }
        }
    }
}
