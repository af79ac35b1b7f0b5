import CVNN
import CVTensor
import Testing

/// A case of `Tools/golden.py networks`: the results of PyTorch, in double precision, for seeded weights and a seeded
/// input. `Tools/golden/networks.py` documents the use of the seeds.
public struct NetworkGolden: Decodable, Sendable {
    /// The norm of a tensor, and its values at ⌊j · count / samples⌋.
    public struct Summary: Decodable, Sendable {
        /// The Euclidean length.
        public let norm: Double
        let values: [Float]

        /// ‖g - ĝ‖ / (‖g‖ + ‖ĝ‖) over the samples, or the relative difference of the norms if that is larger.
        public func error(of found: Tensor) -> Double {
            let (all, count) = (found.values, values.count)
            var (difference, sum) = (0.0, 0.0)
            for (index, expected) in values.enumerated() {
                let value = all[all.count > count ? index * all.count / count : index]
                difference += Double((value - expected) * (value - expected))
                sum += Double(value * value + expected * expected)
            }
            // If the samples happen to be small, the norm gives their expected size.
            let usual = norm * norm * Double(count) / Double(max(all.count, 1))
            let length = all.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            let errors = [
                difference.squareRoot() / (2 * max(sum / 2, usual, 1e-12)).squareRoot(),
                abs(length - norm) / max(norm, 1e-6),
            ]
            return errors.contains { !$0.isFinite } ? .infinity : errors.max()!
        }
    }

    /// The name of the case.
    public let name: String
    let seed: UInt64
    let input: [Int], shape: [Int], gradientMode: String
    let inference: Summary
    /// nil if everything before the heads is frozen.
    let inputGradient: Summary?
    /// nil for a network with dropout.
    let training: Summary?
    /// nil for a weight without a gradient: of an auxiliary head in inference, or frozen.
    let gradients: [String: Summary?]
    let buffers: [String: Summary]

    /// Compares a network with the golden values: keys, the output in both modes, the gradients with respect to the
    /// input and every weight, and the running statistics after one training pass.
    ///
    /// - Parameters:
    ///   - outputs: the tolerance of outputs and buffers.
    ///   - tolerance: the tolerance of gradients.
    ///   - prefixes: of the keys of trainable weights; nil for all.
    ///   - make: builds the network.
    /// - Throws: an error if the weights do not match the network.
    public func compare(
        outputs: Double = 1e-4, gradients tolerance: Double = 1e-3, learning prefixes: [String]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, _ make: (ParameterScope) -> any Layer
    ) throws {
        let shapes = ParameterSet.shapes(make)
        #expect(Set(shapes.map(\.name)) == Set(gradients.keys).union(buffers.keys), sourceLocation: sourceLocation)
        let (network, parameters) = try ParameterSet.load(make, from: seededState(shapes, seed: seed))
        if let prefixes {
            parameters.setTrainable(false)
            for prefix in prefixes { parameters.setTrainable(true, prefix: prefix) }
        }
        func check(_ found: Tensor?, _ expected: Summary, _ tolerance: Double, _ what: String) {
            let error = found.map { expected.error(of: $0) } ?? .infinity
            #expect(error < tolerance, "\(name): \(what)", sourceLocation: sourceLocation)
        }
        let x = seededTensor(seed: seed, Shape(input))
        let y = network(x)
        #expect(y.shape.dimensions == shape, sourceLocation: sourceLocation)
        check(y, inference, outputs, "output in inference")
        // In this order: training updates the running statistics.
        for (mode, expected) in [(Tape.Mode.inference, inference), (.training, training)] {
            guard let expected else { continue }
            let tape = Tape(mode)
            let watched = tape.watch(x, gradient: inputGradient != nil)
            let y = network(watched)
            check(y, expected, outputs, "output on a tape, \(mode)")
            guard gradientMode == "\(mode)" else { continue }
            let found = tape.gradients(of: y, seed: seededTensor(seed: seed + 9999, y.shape))
            if let inputGradient { check(found[watched], inputGradient, tolerance, "gradient of the input") }
            let largest = gradients.values.compactMap { $0?.norm }.max() ?? 0
            for (key, expected) in gradients {
                guard let expected else {
                    #expect(parameters[key]?.gradient == nil, "\(name): gradient of \(key)")
                    continue
                }
                let gradient = parameters[key]?.gradient
                if expected.norm < 1e-9 {
                    // A shift that the next normalization cancels: the gradient is rounding error.
                    let size = gradient?.values.map(abs).max() ?? .infinity
                    #expect(Double(size) < 1e-6 * largest, "\(name): gradient of \(key), which is 0")
                } else {
                    check(gradient, expected, tolerance, "gradient of \(key)")
                }
            }
        }
        for (key, expected) in buffers { check(parameters[key]?.value, expected, outputs, key) }
    }
}

/// The results of PyTorch for a network with seeded weights in inference mode, for inputs of one or two sizes:
/// `Tools/golden.py network-sizes`.
public struct NetworkSizesGolden: Decodable, Sendable {
    struct Size: Decodable {
        let seed: UInt64
        let input: [Int]
        let output, inputGradient: NetworkGolden.Summary
    }

    let seed: UInt64
    let sizes: [Size]

    /// Compares the output with and without a tape, and the gradient of a weighted sum of it with respect to the input.
    ///
    /// - Parameters:
    ///   - name: for messages.
    ///   - outputs: the tolerance of outputs.
    ///   - tolerance: the tolerance of gradients.
    ///   - make: builds the network.
    /// - Throws: an error if the weights do not match the network.
    public func compare(
        _ name: String, outputs: Double = 1e-4, gradients tolerance: Double = 1e-3,
        sourceLocation: SourceLocation = #_sourceLocation, _ make: (ParameterScope) -> any Layer
    ) throws {
        let network = try ParameterSet.load(make, from: seededState(ParameterSet.shapes(make), seed: seed)).network
        for size in sizes {
            let x = seededTensor(seed: size.seed, Shape(size.input))
            let tape = Tape(.inference)
            let watched = tape.watch(x, gradient: true)
            let (alone, y) = (network(x), network(watched))
            let gradients = tape.gradients(of: y, seed: seededTensor(seed: size.seed + 1, y.shape))
            func check(_ found: Tensor?, _ expected: NetworkGolden.Summary, _ tolerance: Double, _ what: String) {
                let error = found.map { expected.error(of: $0) } ?? .infinity
                #expect(error < tolerance, "\(name): \(what) for \(size.input)", sourceLocation: sourceLocation)
            }
            check(alone, size.output, outputs, "output")
            check(y, size.output, outputs, "output on a tape")
            check(gradients[watched], size.inputGradient, tolerance, "gradient of the input")
        }
    }
}

/// The seeded weights and statistics for these keys and shapes, as in `Tools/golden/networks.py`.
public func seededState(_ shapes: [(name: String, shape: Shape)], seed: UInt64) -> StateDictionary {
    var state: StateDictionary = [:]
    for (index, (key, shape)) in shapes.sorted(by: { $0.name < $1.name }).enumerated() {
        let seed = seed + 1 + UInt64(index)
        if shape.rank > 1 {
            let fan = shape.dimensions.dropFirst().reduce(1, *)
            state[key] = seededTensor(seed: seed, shape, scale: Float((6 / Double(fan)).squareRoot()))
        } else if key.hasSuffix("running_var") || key.hasSuffix("weight") {
            state[key] = uniformTensor(seed: seed, shape) + 0.5
        } else {
            state[key] = seededTensor(seed: seed, shape, scale: 0.1)
        }
    }
    return state
}
