import CVTensor
import Testing

/// Gradient check: compares the gradients of a function with finite differences, like `torch.autograd.gradcheck`.
///
/// Two-sided: (f(x + h) - f(x - h)) / 2h, along random directions instead of each coordinate, so that one check covers
/// all elements. The error is ‖g - ĝ‖ / (‖g‖ + ‖ĝ‖) over the directions.
///
/// - Parameters:
///   - inputs: the arguments of the function; all are differentiated.
///   - step: h.
///   - tolerance: the maximum error.
///   - directions: the number of random directions per input.
///   - function: returns a tensor of any shape, which is weighted with seeded numbers and summed in double precision.
public func checkGradient(
    of inputs: [Tensor], step: Float = 1e-2, tolerance: Double = 2e-3, directions: Int = 8,
    sourceLocation: SourceLocation = #_sourceLocation, _ function: ([Tensor]) -> Tensor
) {
    let weights = seededTensor(seed: 4242, function(inputs).shape)
    func value(_ inputs: [Tensor]) -> Double {
        zip(function(inputs).values, weights.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let tape = Tape(.training)
    let watched = inputs.map { tape.watch($0, gradient: true) }
    let gradients = tape.gradients(of: function(watched), seed: weights)
    for (position, input) in inputs.enumerated() {
        guard let gradient = gradients[watched[position]] else {
            Issue.record("no gradient with respect to input \(position)", sourceLocation: sourceLocation)
            continue
        }
        var (difference, sum) = (0.0, 0.0)
        for number in 0..<directions {
            let direction = seededTensor(seed: UInt64(1000 * position + number), input.shape)
            func moved(by h: Float) -> [Tensor] {
                var moved = inputs
                moved[position] = input + direction * h
                return moved
            }
            let expected = (value(moved(by: step)) - value(moved(by: -step))) / (2 * Double(step))
            let found = zip(gradient.values, direction.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            difference += (found - expected) * (found - expected)
            sum += found * found + expected * expected
        }
        let error = difference.squareRoot() / max(sum.squareRoot(), 1e-12)
        #expect(error < tolerance, "input \(position) of shape \(input.shape)", sourceLocation: sourceLocation)
    }
}
