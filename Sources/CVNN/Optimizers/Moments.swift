import CVCore
import CVTensor

/// The state of an optimizer for each parameter: some values per weight, and the number of steps.
struct Moments {
    let parameters: [Parameter]
    /// The names of the values in a checkpoint.
    private let names: [String]
    /// For each parameter all values of the first name, then of the second …
    private var values: [[Float]]
    private var steps: [Int]

    init(_ parameters: [Parameter], _ names: [String]) {
        self.parameters = parameters
        self.names = names
        values = parameters.map { [Float](repeating: 0, count: $0.value.shape.count * names.count) }
        steps = [Int](repeating: 0, count: parameters.count)
    }

    /// A range of the weights of a parameter during a step.
    struct Part {
        let weights, gradients: UnsafePointer<Float>
        /// The updated weights.
        let results: UnsafeMutablePointer<Float>
        let count: Int
        fileprivate let moments: UnsafeMutablePointer<Float>?
        fileprivate let total: Int

        /// The values of the `index`-th name.
        func moment(_ index: Int) -> UnsafeMutablePointer<Float> { moments! + index * total }
    }

    /// Updates every trainable parameter that has a gradient, in parts that may be computed concurrently.
    ///
    /// - Parameters:
    ///   - prepare: called once per parameter with the number of this step, from 1.
    ///   - body: computes the updated weights of a part.
    mutating func update<Options>(
        _ prepare: (Parameter, _ step: Int) -> Options, _ body: (Part, Options) -> Void
    ) {
        for (index, parameter) in parameters.enumerated() {
            guard parameter.isTrainable, let gradient = parameter.gradient else { continue }
            precondition(
                gradient.shape == parameter.value.shape,
                "\(parameter.name): a gradient of shape \(gradient.shape) for \(parameter.value.shape)")
            steps[index] += 1
            let options = prepare(parameter, steps[index])
            values[index].withUnsafeMutableBufferPointer { moments in
                parameter.value = Self.updated(parameter.value, gradient, moments.baseAddress) { body($0, options) }
            }
        }
    }

    private static func updated(
        _ value: Tensor, _ gradient: Tensor, _ moments: UnsafeMutablePointer<Float>?, _ body: (Part) -> Void
    ) -> Tensor {
        Tensor(shape: value.shape) { results in
            value.withValues { weights in
                gradient.withValues { gradients in
                    Parallel.forRanges(weights.count, grain: 1 << 14) { range in
                        let start = range.lowerBound
                        body(
                            Part(
                                weights: weights.baseAddress! + start, gradients: gradients.baseAddress! + start,
                                results: results.baseAddress! + start, count: range.count,
                                moments: moments.map { $0 + start }, total: weights.count))
                    }
                }
            }
        }
    }

    var state: StateDictionary {
        var state: StateDictionary = [:]
        for (index, parameter) in parameters.enumerated() {
            let (shape, count) = (parameter.value.shape, parameter.value.shape.count)
            state["step." + parameter.name] = Tensor([Float(steps[index])], shape: [1])
            for (position, name) in names.enumerated() {
                let part = values[index][position * count..<(position + 1) * count]
                state[name + "." + parameter.name] = Tensor(Array(part), shape: shape)
            }
        }
        return state
    }

    mutating func restore(_ state: StateDictionary) throws(ParameterMismatch) {
        let expected = self.state.mapValues(\.shape.dimensions)
        let difference = KeyDifference(expected: expected, found: state.mapValues(\.shape.dimensions))
        if !difference.isEmpty { throw ParameterMismatch(declared: expected.count, difference: difference) }
        for (index, parameter) in parameters.enumerated() {
            // A damaged file may hold any number; steps are counted from 0.
            steps[index] = Int(exactly: state["step." + parameter.name]!.item.rounded()).map { max($0, 0) } ?? 0
            values[index] = names.flatMap { state[$0 + "." + parameter.name]!.values }
        }
    }
}
