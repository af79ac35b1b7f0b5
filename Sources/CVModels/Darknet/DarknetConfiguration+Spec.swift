import CVCore
import CVTensor

extension ModelSpec {
    /// The facts of a network that a darknet `.cfg` describes. Its keys are `3.conv.weight`, `3.bn.bias`, …, with the number
    /// of the layer as darknet counts them, from 0.
    ///
    /// - Parameters:
    ///   - configuration: the text of the `.cfg`.
    ///   - network: what it describes; nil for that with zeros for weights.
    /// - Throws: `DarknetError` with the line of what is not understood.
    public init(_ configuration: DarknetConfiguration, network: DarknetNetwork? = nil) throws(DarknetError) {
        let layout = try DarknetLayout(configuration, network)
        let input = layout.input
        let stored = layout.convolutions.flatMap(\.parameters)
        self.init(
            configuration.name, "a darknet network of \(pluralized(configuration.sections.count - 1, "layer"))",
            task: .detect, input: .init(channels: input.channels, height: input.height, width: input.width),
            classes: layout.network.classCount,
            limits: .init(
                classes: layout.network.classCount...layout.network.classCount, channels: 3...3, minimumSide: 1,
                maximumSide: DarknetLayerReader.maxSide, sideMultiple: layout.network.stride),
            preparation: .letterboxed, stored: { _ in stored },
            summarize: { try? DarknetLayout.layers(configuration, width: $0.width, height: $0.height).summary(of: $0) },
            build: { _, _, _ in .detector(layout.network) })
    }
}

/// The layers of a `.cfg` at its own size, beside its network.
struct DarknetLayout: Sendable {
    /// Weights of zero are made for so many parameters at most: a gigabyte.
    private static let maximumParameters = 1 << 28

    /// A convolution, by its number among the layers.
    struct NumberedConvolution: Sendable {
        let number: Int
        let layer: DarknetLayer.Convolution
    }

    let input: DarknetLayer.Size
    let convolutions: [NumberedConvolution]
    /// With its weights, or with zeros.
    let network: DarknetNetwork

    /// - Throws: `DarknetError`; also for a network that is no detector.
    init(_ configuration: DarknetConfiguration, _ network: DarknetNetwork?) throws(DarknetError) {
        let net = configuration.sections[0]
        let sides = 1...DarknetLayerReader.maxSide
        input = DarknetLayer.Size(
            channels: 3, height: try net.integer("height", default: 416, in: sides),
            width: try net.integer("width", default: 416, in: sides))
        guard input.count <= DarknetLayerReader.maxElements else {
            throw DarknetError(
                configuration.name, .invalid("an input of \(input.width)×\(input.height), which is too large"))
        }
        let layers = try Self.layers(configuration, width: input.width, height: input.height)
        convolutions = layers.enumerated().compactMap { number, layer in
            if case .convolution(let layer) = layer.kind {
                NumberedConvolution(number: number, layer: layer)
            } else {
                nil
            }
        }
        let count = layers.reduce(0) { $0 + $1.parameterCount }
        guard count <= Self.maximumParameters else {
            throw DarknetError(configuration.name, .invalid("\(count) parameters, which are too many"))
        }
        // The network itself checks the rest.
        if let network {
            self.network = network
        } else {
            self.network = try DarknetNetwork(configuration, weights: Self.zeros(count))
        }
    }

    /// The layers for an image of this size.
    ///
    /// - Throws: `DarknetError` where routes do not meet.
    static func layers(
        _ configuration: DarknetConfiguration, width: Int, height: Int
    ) throws(DarknetError) -> [DarknetLayer] {
        var reader = DarknetLayerReader(input: .init(channels: 3, height: height, width: width))
        for section in configuration.sections.dropFirst() { try reader.append(section) }
        return reader.layers
    }

    /// The bytes of a `.weights` in which all numbers are zero.
    private static func zeros(_ count: Int) -> [UInt8] {
        // Version 0.2 in three integers, and a count of images seen in 64 bits.
        [0, 0, 0, 0, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 12 + 4 * count)
    }
}

extension DarknetLayout.NumberedConvolution {
    /// Keys and shapes, in the order of the keys of `DarknetBlock`.
    var parameters: [(name: String, shape: Shape)] {
        let geometry = layer.geometry
        let kernel: Shape = [layer.filters, layer.inputs / geometry.groups, geometry.y.kernel, geometry.x.kernel]
        let vectors =
            layer.batchNormalize ? ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"] : ["conv.bias"]
        return [("\(number).conv.weight", kernel)] + vectors.map { ("\(number).\($0)", [layer.filters]) }
    }
}
