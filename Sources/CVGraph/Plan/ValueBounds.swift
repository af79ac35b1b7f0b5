import CKernels
import CVCore
import CVTensor

/// How large the values of a graph can become, from the weights alone.
///
/// An activation such as ReLU6 makes a finite number of an infinite one, so that an overflow, which damaged weights cause,
/// would pass for a result. Where the bounds exclude an overflow, nobody needs to look for infinities.
package struct ValueBounds {
    /// The largest magnitude of each value, and of the sum before the activation of the node that computes it.
    package private(set) var magnitudes: [Double]
    package private(set) var sums: [Double]

    /// The largest magnitude of an input that the bounds hold for. Images have values up to 255.
    private static let usual: Float = 1e6
    /// Below this, no partial sum overflows a float, nor a transform of Winograd on the way to it.
    private static let safe = 1e32

    /// Whether the bounds hold for this input.
    package static func areUsual(_ x: Tensor) -> Bool {
        x.withValues { values in
            // Not a NaN either: every comparison with it is false.
            var (low, high, isOrdered): (Float, Float, Bool) = (0, 0, true)
            for value in values {
                low = min(low, value)
                high = max(high, value)
                isOrdered = isOrdered && value == value
            }
            return isOrdered && low >= -usual && high <= usual
        }
    }

    package init(_ graph: Graph) {
        guard graph.nodes.contains(where: { $0.operation.hidesInfinities }) else {
            // Nothing hides an overflow, so nobody asks.
            magnitudes = [Double](repeating: .infinity, count: graph.values.count)
            sums = magnitudes
            return
        }
        magnitudes = graph.values.map { value in
            value.constant.map { $0.withValues { $0.reduce(0) { max($0, Double(abs($1))) } } } ?? .infinity
        }
        sums = magnitudes
        for input in graph.inputs { magnitudes[input] = Double(Self.usual) }
        for node in graph.nodes {
            let (sum, activation) = bound(node)
            sums[node.output] = sum
            magnitudes[node.output] = activation.bound(sum)
        }
    }

    /// Whether the sum before the activation of this value is finite, whatever the input.
    package func excludesOverflow(of value: Graph.ValueID) -> Bool { sums[value] < Self.safe }

    private func bound(_ node: Graph.Node) -> (Double, Activation) {
        let x = node.inputs.map { magnitudes[$0] }
        switch node.operation {
        case .convolution(let convolution):
            return (convolution.gain(x[0]) + (x.count > 1 ? x[1] : 0), convolution.activation)
        case .depthwisePointwise(let depthwise, let pointwise):
            let inner = depthwise.activation.bound(depthwise.gain(x[0]))
            return (pointwise.gain(inner) + (x.count > 1 ? x[1] : 0), pointwise.activation)
        case .add(let activation): return (x.reduce(0, +), activation)
        case .affine(let scale, let shift, let activation):
            return (largest(scale) * x[0] + largest(shift), activation)
        case .squeezeExcite(_, let excite):
            return (excite.activation.bound(.infinity) * x[0], .linear)
        case .tensor(let operation): return bound(operation, x)
        }
    }

    private func bound(_ operation: CVTensor.Operation, _ x: [Double]) -> (Double, Activation) {
        switch operation {
        case .activation(let activation): (x[0], activation)
        case .maxPool2d, .averagePool2d, .adaptiveAveragePool2d, .upsampleNearest, .resizeNearest, .upsampleBilinear,
            .reshape, .slice, .subsample, .gather, .pad2d, .padChannels, .identity, .transpose:
            (x[0], .linear)
        case .concatenate: (x.max() ?? 0, .linear)
        case .add: (x.reduce(0, +), .linear)
        case .multiply: (x.reduce(1, *), .linear)
        case .scale(let factor, let term): (x[0] * Double(abs(factor)) + Double(abs(term)), .linear)
        case .softmax: (1, .linear)
        default: (.infinity, .linear)
        }
    }
}

extension GraphOperation {
    /// Whether a kernel's limits would make finite numbers of infinite ones.
    fileprivate var hidesInfinities: Bool {
        switch self {
        case .convolution(let convolution): convolution.activation == .relu6
        case .depthwisePointwise(let depthwise, let pointwise):
            depthwise.activation == .relu6 || pointwise.activation == .relu6
        case .add(let activation): activation == .relu6
        default: false
        }
    }
}

private func largest(_ values: Tensor) -> Double {
    values.withValues { $0.reduce(0) { max($0, Double(abs($1))) } }
}

extension Activation {
    /// The largest magnitude of a result, from that of the argument.
    fileprivate func bound(_ magnitude: Double) -> Double {
        switch self {
        case .relu6: min(magnitude, 6)
        case .sigmoid, .tanh, .hardSigmoid: 1
        case .leakyReLU(let slope): magnitude * max(1, Double(abs(slope)))
        case .elu(let alpha): max(magnitude, Double(abs(alpha)))
        case .linear, .relu, .silu, .mish, .hardSwish: magnitude
        }
    }
}

extension FusedConvolution {
    /// The largest magnitude of a sum, from that of the input.
    fileprivate func gain(_ magnitude: Double) -> Double {
        // No sum has more terms than a filter, or of a transposed convolution than all.
        let filters = transposed == nil ? max(1, weight.shape[0]) : 1
        let perFilter = weight.shape.count / filters
        let isa = InstructionSet.current.cValue
        var most: Float = 0
        weight.withValues { values in
            for filter in 0..<filters {
                // Σ |w| ≤ √(n · Σ w²), by Cauchy and Schwarz.
                let start = values.baseAddress! + filter * perFilter
                let sum = (Float(perFilter) * cvk_dot(isa, start, 0, start, 0, perFilter)).squareRoot()
                // A NaN makes the bound infinite.
                most = sum <= most ? most : sum.isNaN ? .infinity : sum
            }
        }
        return Double(most) * magnitude + (bias.map(largest) ?? 0)
    }
}
