import CVCore
import CVNN
import CVTensor

/// What a network does with one image, operation by operation: the shapes of the results, the parameters and the work.
///
/// ```swift
/// let summary = ModelSummary(input: .init(channels: 3, height: 224, width: 224)) { ResNet(.resnet50, $0) }
/// print(summary.multiplyAdds)    // 4089184256
/// ```
/// The network is run once on shapes alone, and a tape records it: the rows are what would be computed, not a
/// separate description. That needs no arithmetic and no memory, whatever the size.
public struct ModelSummary: Sendable, Equatable {
    /// One operation, in the order of the computation.
    public struct Row: Sendable, Equatable {
        /// What the keys of its parameters begin with, such as `layer1.0.conv1`; empty for an operation without any.
        public let layer: String
        /// The name of the operation, such as `conv2d`.
        public let operation: String
        /// Of the result for one image: `[C, H, W]`, or `[features]`.
        public let shape: [Int]
        /// The trained numbers that are used here for the first time.
        public let parameters: Int
        /// Products that are summed up. See `ModelSummary.multiplyAdds`.
        public let multiplyAdds: Int
    }

    /// The size of the image.
    public let input: ModelSpec.Input
    /// The operations, in the order of the computation.
    public let rows: [Row]
    /// All that is trained, as `sum(p.numel() for p in model.parameters())`: also what only training uses.
    public let parameters: Int

    /// Those of convolutions, transposed convolutions and linear layers for one image, without their biases: what papers
    /// and torchvision's tables count, often under the name of FLOPs.
    public var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }

    /// Memory of the results of all rows for one image, in bytes: about what training keeps for each image of a batch.
    /// Inference needs a few of them at a time.
    public var activationBytes: Int {
        rows.reduce(0) { $0 + $1.shape.reduce(1, *) } * MemoryLayout<Float>.stride
    }

    /// - Parameters:
    ///   - input: the size of the image.
    ///   - make: the network, from its scope in the tree of names.
    ///   - run: sends a batch of one image through the network.
    public init<Network>(
        input: ModelSpec.Input, _ make: (ParameterScope) -> Network,
        running run: (Network, Tensor) -> Void
    ) {
        let (network, parameters) = ParameterSet.shapeOnly(make)
        self.init(of: parameters, input: input) { tape in
            run(network, tape.watch(.shapeOnly([1, input.channels, input.height, input.width])))
        }
    }

    /// What `run` records on a tape.
    package init(of parameters: ParameterSet, input: ModelSpec.Input, running run: (Tape) -> Void) {
        let trained = parameters.trainable
        // Frozen, so that the tape keeps no result for a gradient.
        parameters.setTrainable(false)
        var counts = Dictionary(uniqueKeysWithValues: trained.map { ($0.name, $0.shape.count) })
        var rows: [Row] = []
        let tape = Tape(.inference)
        tape.observing { step in
            if !step.operation.isLeaf { rows.append(Row(step, &counts)) }
        } during: {
            run(tape)
        }
        self.input = input
        self.rows = rows
        self.parameters = trained.reduce(0) { $0 + $1.shape.count }
    }

    /// That of a network with one result.
    ///
    /// - Parameters:
    ///   - input: the size of the image.
    ///   - make: the network, from its scope in the tree of names.
    public init<Network: Layer>(input: ModelSpec.Input, _ make: (ParameterScope) -> Network) {
        self.init(input: input, make, running: { _ = $0($1) })
    }
}

extension ModelSummary.Row {
    /// - Parameter counts: the sizes of the parameters not used yet; those of this row are removed.
    fileprivate init(_ step: ObservedStep, _ counts: inout [String: Int]) {
        layer = step.parameters.first.map(Self.scope) ?? ""
        operation = step.operation.name
        shape = Array(step.result.shape.dimensions.dropFirst())
        parameters = step.parameters.reduce(0) { $0 + (counts.removeValue(forKey: $1) ?? 0) }
        multiplyAdds = Self.multiplyAdds(step)
    }

    /// `layer1.0.conv1` of `layer1.0.conv1.weight`.
    private static func scope(of key: String) -> String {
        key.lastIndex(of: ".").map { String(key[..<$0]) } ?? ""
    }

    /// Each output of a convolution or linear layer is a sum over one filter, [out, in, kernel, kernel] or [out, in]; each
    /// input of a transposed convolution goes to one, [in, out, kernel, kernel].
    private static func multiplyAdds(_ step: ObservedStep) -> Int {
        let count =
            switch step.operation {
            case .conv2d, .linear: step.result.shape.count
            case .convTranspose2d: step.inputShapes[0].count
            default: 0
            }
        return count == 0 ? 0 : count * step.inputShapes[1].dimensions.dropFirst().reduce(1, *)
    }
}

extension ModelSummary.Row: Codable {
    private enum CodingKeys: String, CodingKey {
        case layer, operation, shape, parameters
        case multiplyAdds = "multiply_adds"
    }
}

extension ModelSummary: Codable {
    private enum CodingKeys: String, CodingKey {
        case input, parameters
        case rows = "layers"
        case multiplyAdds = "multiply_adds"
        case activationBytes = "activation_bytes"
    }

    /// `{"input": [C, H, W], "parameters", "layers", …}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let sides = try container.decode([Int].self, forKey: .input)
        guard sides.count == 3 else { throw DecodingError.invalid(decoder, "the input has \(sides.count) sides of 3") }
        input = ModelSpec.Input(channels: sides[0], height: sides[1], width: sides[2])
        rows = try container.decode([Row].self, forKey: .rows)
        parameters = try container.decode(Int.self, forKey: .parameters)
        guard rows.count <= 1 << 16, rows.allSatisfy(\.isPossible) else {
            throw DecodingError.invalid(decoder, "a layer of an impossible size")
        }
    }

    /// `{"input": [C, H, W], "parameters", "multiply_adds", "activation_bytes", "layers"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode([input.channels, input.height, input.width], forKey: .input)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(multiplyAdds, forKey: .multiplyAdds)
        try container.encode(activationBytes, forKey: .activationBytes)
        try container.encode(rows, forKey: .rows)
    }
}

extension ModelSummary.Row {
    /// So that the sums over all rows do not overflow.
    fileprivate var isPossible: Bool {
        shape.allSatisfy { $0 >= 0 } && shape.reduce(1) { $0 * Double(max(1, $1)) } <= 0x1p40
            && (0...1 << 46).contains(multiplyAdds)
    }
}
