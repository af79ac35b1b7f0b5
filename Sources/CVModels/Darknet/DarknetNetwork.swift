import CVCore
import CVTensor

/// A detector defined by a darknet `.cfg`, with the parameters of its `.weights`.
///
/// Any network of the layers convolutional, maxpool, upsample, route, shortcut, dropout and yolo: YOLOv3, YOLOv4,
/// their tiny and spatial-pyramid variants, and custom networks.
public struct DarknetNetwork: YOLONetwork {
    /// Columns of the input, as stated in the `.cfg`.
    public let width: Int
    /// Rows of the input, as stated in the `.cfg`.
    public let height: Int
    /// Number of classes.
    public let classCount: Int
    /// The sides of an input are multiples of it.
    public let stride: Int

    private let configuration: DarknetConfiguration
    private let layers: [DarknetLayer]
    /// For each layer, how many later ones read its output.
    private let uses: [Int]
    private let convolutions: [Int: FusedConv2d]

    /// Added to the variance, as in darknet.
    private static let epsilon: Float = 1e-6

    /// Reads the two files.
    ///
    /// - Parameters:
    ///   - path: of the `.cfg`.
    ///   - weightsPath: of the `.weights`.
    /// - Throws: `FileError`, or `DarknetError` with the line of the `.cfg` or what is wrong with the `.weights`.
    public init(configuration path: String, weights weightsPath: String) throws {
        let configuration = try DarknetConfiguration(contentsOf: path)
        try self.init(configuration, weights: FileInput.read(weightsPath), weightsName: weightsPath)
    }

    /// Builds the network of a parsed configuration.
    ///
    /// - Parameters:
    ///   - configuration: the layers.
    ///   - weights: the bytes of the `.weights`.
    ///   - weightsName: the name of the `.weights` in messages.
    /// - Throws: `DarknetError` with the line of the `.cfg` or what is wrong with the `.weights`.
    public init(
        _ configuration: DarknetConfiguration, weights: [UInt8], weightsName: String = "weights"
    ) throws(DarknetError) {
        self.configuration = configuration
        let net = configuration.sections[0]
        width = try net.integer("width", default: 416, in: 1...DarknetLayerReader.maxSide)
        height = try net.integer("height", default: 416, in: 1...DarknetLayerReader.maxSide)
        let channels = try net.integer("channels", default: 3, in: 1...DarknetLayerReader.maxChannels)
        guard channels == 3 else {
            throw DarknetError(net.location, .unsupported("channels=\(channels); RGB has 3, and another input"))
        }
        layers = try Self.layers(configuration, width: width, height: height)
        let heads = layers.compactMap { if case .yolo(let yolo) = $0.kind { (yolo, $0) } else { nil } }
        guard let classes = heads.first?.0.classes else {
            throw DarknetError(configuration.name, .invalid("there is no [yolo] layer: this is not a detector"))
        }
        guard heads.allSatisfy({ $0.0.classes == classes }) else {
            throw DarknetError(configuration.name, .invalid("the [yolo] layers differ in their number of classes"))
        }
        classCount = classes
        // From the coarsest grid; darknet's networks halve, so a power of two not below the ratio does.
        let cells = heads.map { min($0.1.output.width, $0.1.output.height) }.min() ?? 1
        let ratio = min(width, height) / max(cells, 1)
        stride = ratio <= 1 ? 1 : 1 << (Int.bitWidth - (ratio - 1).leadingZeroBitCount)
        uses = Self.countUses(layers)
        convolutions = try Self.read(layers, DarknetWeights(bytes: weights, name: weightsName), weightsName)
    }

    /// Checks that routes and shortcuts have matching sizes and that all layers fit in memory.
    ///
    /// - Parameters:
    ///   - width: columns of the input.
    ///   - height: rows of the input.
    /// - Throws: `DarknetError` naming the layer where they do not.
    public func checkInput(width: Int, height: Int) throws(DarknetError) {
        guard (1...DarknetLayerReader.maxSide).contains(width), (1...DarknetLayerReader.maxSide).contains(height) else {
            throw DarknetError(configuration.name, .invalid("an input of \(width)×\(height)"))
        }
        _ = try Self.layers(configuration, width: width, height: height)
    }

    /// The raw outputs of the detection heads.
    ///
    /// - Parameter x: [N, 3, H, W], of a size that `checkInput(width:height:)` accepts.
    /// - Returns: one grid per `[yolo]` layer, in their order.
    public func callAsFunction(_ x: Tensor) -> [YOLOGrid] { grids(x) { _, _ in } }

    /// The first layer whose result is NaN or infinite, by its position in the `.cfg`.
    ///
    /// - Parameter x: as `callAsFunction(_:)` takes it.
    /// - Returns: the layer and its result; nil if all are finite.
    public func firstNonFiniteLayer(_ x: Tensor) -> (name: String, result: Tensor)? {
        var found: (name: String, result: Tensor)?
        _ = grids(x) { layer, result in
            if found == nil, !result.isFinite { found = (layer.location, result) }
        }
        return found
    }

    /// Checks that no variance of a normalization is negative.
    ///
    /// - Parameter name: of the weights, for the message.
    /// - Throws: `DarknetError.negativeVariance` with the first layer that has one.
    public func checkVariances(name: String) throws(DarknetError) {
        for (index, layer) in layers.enumerated() {
            let negative = convolutions[index]?.variance?.values.count { $0 < 0 } ?? 0
            if negative > 0 { throw DarknetError(name, .negativeVariance(layer: layer.location, count: negative)) }
        }
    }

    private func grids(_ x: Tensor, observe: (DarknetLayer, Tensor) -> Void) -> [YOLOGrid] {
        var grids: [YOLOGrid] = []
        var outputs = [Tensor?](repeating: nil, count: layers.count)
        var left = uses
        var previous = x
        for (index, layer) in layers.enumerated() {
            previous = run(index, layer, previous, outputs)
            observe(layer, previous)
            if case .yolo(let yolo) = layer.kind {
                grids.append(
                    YOLOGrid(
                        values: previous, anchors: yolo.anchors, scaleXY: yolo.scaleXY, isActivated: yolo.isActivated))
            }
            if left[index] > 0 { outputs[index] = previous }
            // Outputs without further readers are released.
            for reference in layer.references {
                left[reference] -= 1
                if left[reference] == 0 { outputs[reference] = nil }
            }
        }
        return grids
    }

    private func run(_ index: Int, _ layer: DarknetLayer, _ x: Tensor, _ outputs: [Tensor?]) -> Tensor {
        switch layer.kind {
        case .convolution: return convolutions[index]!(x)
        case .maxPool(let geometry): return maxPool2d(x, geometry)
        case .upsample(let factor, let scale):
            let y = upsampleNearest(x, factor: factor)
            return scale == 1 ? y : Tensor(y.values.map { $0 * scale }, shape: y.shape)
        case .route(let sources, let groups, let group):
            let parts = sources.map { source in
                let y = outputs[source]!
                let channels = y.shape[1] / groups
                return groups == 1 ? y : y.sliced(channels: group * channels..<(group + 1) * channels)
            }
            return parts.count == 1 ? parts[0] : concatenate(parts)
        case .shortcut(let sources, let activation):
            return activation(sources.reduce(x) { addCommonChannels($0, outputs[$1]!) })
        case .dropout, .yolo: return x
        }
    }

    /// a + b on the channels that both have; the rest of a stays as it is.
    private func addCommonChannels(_ a: Tensor, _ b: Tensor) -> Tensor {
        let (mine, theirs) = (a.shape[1], b.shape[1])
        if mine == theirs { return a + b }
        if mine < theirs { return a + b.sliced(channels: 0..<mine) }
        return concatenate([a.sliced(channels: 0..<theirs) + b, a.sliced(channels: theirs..<mine)])
    }

    private static func layers(
        _ configuration: DarknetConfiguration, width: Int, height: Int
    ) throws(DarknetError) -> [DarknetLayer] {
        let input = DarknetLayer.Size(channels: 3, height: height, width: width)
        guard input.count <= DarknetLayerReader.maxElements else {
            throw DarknetError(configuration.name, .invalid("an input of \(width)×\(height), which is too large"))
        }
        var reader = DarknetLayerReader(input: input)
        for section in configuration.sections.dropFirst() { try reader.append(section) }
        _ = try DarknetBudget(reader.layers, uses: countUses(reader.layers), input: input)
        return reader.layers
    }

    private static func countUses(_ layers: [DarknetLayer]) -> [Int] {
        var uses = [Int](repeating: 0, count: layers.count)
        for layer in layers {
            for reference in layer.references { uses[reference] += 1 }
        }
        return uses
    }

    private static func read(
        _ layers: [DarknetLayer], _ weights: DarknetWeights, _ name: String
    ) throws(DarknetError) -> [Int: FusedConv2d] {
        let needed = layers.reduce(0) { $0 + $1.parameterCount }
        var weights = weights
        weights.fit(needed)
        guard weights.count == needed else {
            throw DarknetError(name, .weightCount(expected: needed, found: weights.count))
        }
        var result: [Int: FusedConv2d] = [:]
        for (index, layer) in layers.enumerated() {
            guard case .convolution(let convolution) = layer.kind else { continue }
            func vector() throws(DarknetError) -> Tensor {
                let values = try weights.read(convolution.filters, for: layer.location)
                return Tensor(values, shape: [convolution.filters])
            }
            // With a normalization it is β.
            let bias = try vector()
            var normalization: FusedConv2d.Normalization?
            if convolution.batchNormalize {
                let (gamma, mean, variance) = (try vector(), try vector(), try vector())
                normalization = .init(mean: mean, variance: variance, weight: gamma, bias: bias, epsilon: epsilon)
            }
            let kernel = try weights.read(convolution.kernelCount, for: layer.location)
            let geometry = convolution.geometry
            let shape: Shape = [
                convolution.filters, convolution.inputs / geometry.groups, geometry.y.kernel, geometry.x.kernel,
            ]
            result[index] = FusedConv2d(
                Tensor(kernel, shape: shape), bias: normalization == nil ? bias : nil, geometry, normalization,
                convolution.activation)
        }
        return result
    }
}
