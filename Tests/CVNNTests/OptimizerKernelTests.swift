import CKernels
import CVCore
import CVTensor
import TestSupport
import Testing

/// The optimizer kernels of every available instruction set, compared with the scalar reference.
@Suite struct OptimizerKernelTests {
    private struct Values: Equatable {
        var y, m, v: [Float]
    }

    /// One step on seeded values, by `kernel` (w, gradient, m, v, y, count).
    private func step(
        _ count: Int,
        _ kernel: (
            UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
            UnsafeMutablePointer<Float>
        ) -> Void
    ) -> Values {
        let (w, g) = (seededTensor(seed: 1, [count]).values, seededTensor(seed: 2, [count]).values)
        var values = Values(
            y: [Float](repeating: 0, count: count), m: seededTensor(seed: 3, [count]).values,
            v: uniformTensor(seed: 4, [count]).values)
        kernel(w, g, &values.m, &values.v, &values.y)
        return values
    }

    private func expectEqual(_ a: Values, _ b: Values, _ text: String) {
        for (found, expected) in [(a.y, b.y), (a.m, b.m), (a.v, b.v)] {
            let shape: Shape = [found.count]
            #expect(relativeError(Tensor(found, shape: shape), Tensor(expected, shape: shape)) < 2e-6, "\(text)")
        }
    }

    @Test(
        "optimizer kernels: every instruction set matches the scalar reference", arguments: InstructionSet.available,
        [1, 7, 16, 33, 1000])
    func agreeWithScalar(_ isa: InstructionSet, _ count: Int) {
        func compare(_ name: String, _ values: (cvk_isa) -> Values) {
            expectEqual(values(isa.cValue), values(CVK_SCALAR), "\(name), \(isa), \(count) values")
        }
        for nesterov in [false, true] {
            compare("momentum") { isa in
                step(count) { w, g, m, _, y in
                    cvk_gradient_descent(isa, 0.1, 0.9, nesterov, 0.2, 0.3, w, g, m, y, count)
                }
            }
        }
        compare("descent") { isa in
            step(count) { w, g, _, _, y in cvk_gradient_descent(isa, 0.1, 0, false, 0.2, 0.3, w, g, nil, y, count) }
        }
        compare("rmsprop") { isa in
            step(count) { w, g, m, v, y in cvk_rmsprop(isa, 0.1, 0.9, 1e-6, 0.5, 0.2, 0.3, w, g, v, m, y, count) }
        }
        compare("adam") { isa in
            step(count) { w, g, m, v, y in
                var options = cvk_adam_options(
                    rate: 0.1, beta1: 0.9, beta2: 0.99, root: 0.3, epsilon: 1e-6, shrink: 0.95)
                cvk_adam(isa, &options, 0.2, 0.3, w, g, m, v, y, count)
            }
        }
    }
}
