import CVNN
import CVTensor

/// What a network does with one picture, operation by operation: the shapes of the results, the parameters and the work.
///
/// ```swift
/// let summary = ModelSummary(input: .init(channels: 3, height: 224, width: 224)) { ResNet(.resnet50, $0) }
/// print(summary.multiplyAdds)    // 4089184256
/// ```
/// The network is run once, with zeros for weights, and a tape tells what happens: the rows are what was computed, not a
/// description beside it.
public struct ModelSummary: Sendable, Equatable {
    /// One operation, in the order of the computation.
    public struct Row: Sendable, Equatable {
        /// What the keys of its parameters begin with, such as `layer1.0.conv1`; empty for an operation without any.
        public let layer: String
        /// The function of CVTensor, such as `conv2d`.
        public let operation: String
        /// Of the result for one picture: `[C, H, W]`, or `[features]`.
        public let shape: [Int]
        /// The trained numbers that are used here for the first time.
        public let parameters: Int
        /// Products that are summed up. See `ModelSummary.multiplyAdds`.
        public let multiplyAdds: Int
    }

    /// The size of the picture.
    public let input: ClassifierArchitecture.Input
    public let rows: [Row]
    /// All that is trained, as `sum(p.numel() for p in model.parameters())`: also what only training uses.
    public let parameters: Int

    /// Those of convolutions, transposed convolutions and linear layers for one picture, without their biases: what papers
    /// and torchvision's tables count, often under the name of FLOPs.
    public var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }

    /// Memory of the results of all rows for one picture, in bytes: about what training keeps for each picture of a batch.
    /// Inference needs a few of them at a time.
    public var activationBytes: Int {
        rows.reduce(0) { $0 + $1.shape.reduce(1, *) } * MemoryLayout<Float>.stride
    }

    /// - Parameters:
    ///   - make: as for `initialized`.
    ///   - run: sends a batch of one picture through the network.
    public init<Network>(
        input: ClassifierArchitecture.Input, _ make: (ParameterScope) -> Network,
        running run: (Network, Tensor) -> Void
    ) {
        let (network, parameters) = initialized(seed: 0, choosing: { _, _ in .zeros }, make)
        let trained = parameters.trainable
        // Frozen, so that the tape keeps no result for a gradient.
        parameters.setTrainable(false)
        var counts = Dictionary(uniqueKeysWithValues: trained.map { ($0.name, $0.shape.count) })
        var rows: [Row] = []
        let tape = Tape(.inference) { result in
            if let row = Row(result, &counts) { rows.append(row) }
        }
        run(network, tape.watch(Tensor(repeating: 0, shape: [1, input.channels, input.height, input.width])))
        self.input = input
        self.rows = rows
        self.parameters = trained.reduce(0) { $0 + $1.shape.count }
    }

    /// That of a network with one result.
    public init<Network: Layer>(input: ClassifierArchitecture.Input, _ make: (ParameterScope) -> Network) {
        self.init(input: input, make, running: { _ = $0($1) })
    }
}

extension ModelSummary.Row {
    /// Nil for the input, which is no operation.
    ///
    /// counts: how many numbers the parameters have that were not used yet; those of this row are taken out.
    fileprivate init?(_ result: ObservedResult, _ counts: inout [String: Int]) {
        let shape = result.value.shape
        if result.operation == "input" { return nil }
        layer = result.parameters.first.map(Self.scope) ?? ""
        operation = result.operation
        self.shape = Array(shape.dimensions.dropFirst())
        parameters = result.parameters.reduce(0) { $0 + (counts.removeValue(forKey: $1) ?? 0) }
        multiplyAdds = Self.multiplyAdds(result)
    }

    /// `layer1.0.conv1` of `layer1.0.conv1.weight`.
    private static func scope(of key: String) -> String {
        key.lastIndex(of: ".").map { String(key[..<$0]) } ?? ""
    }

    private static func multiplyAdds(_ result: ObservedResult) -> Int {
        guard ["conv2d", "convTranspose2d", "linear"].contains(result.operation) else { return 0 }
        // Each output of a convolution or linear layer is a sum over one filter, [out, in, kernel, kernel] or [out, in];
        // each input of a transposed convolution goes to one, [in, out, kernel, kernel].
        let (x, weight) = (result.inputs[0], result.inputs[1])
        let positions = result.operation == "convTranspose2d" ? x.count : result.value.shape.count
        return positions * weight.dimensions.dropFirst().reduce(1, *)
    }
}
