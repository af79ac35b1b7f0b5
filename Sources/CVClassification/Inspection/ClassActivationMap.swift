import CVCore
import CVImage
import CVTask
import CVTensor

/// The regions of an image that support a class: Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).
///
/// The sum of the feature maps of a layer, each weighted by the mean gradient of the class's score with respect to it.
/// Negative values are clamped to 0.
public struct ClassActivationMap: Sendable, Equatable {
    /// The class and its probability.
    public let classification: Classification
    /// The layer whose feature maps were used.
    public let layer: String
    /// The width of the layer's feature maps, in their pixels.
    public let width: Int
    /// The height of the layer's feature maps, in their pixels.
    public let height: Int
    /// height × width values of at least 0, row by row, in units of the score; all are 0 if nothing supports the class.
    public let values: [Float]
    /// The part of the image that the map covers.
    public let frame: InputFrame

    /// The values divided by the largest one: from 0 to 1.
    public var shares: [Float] {
        let largest = values.max() ?? 0
        return largest > 0 ? values.map { $0 / largest } : values
    }
}

extension Classifier {
    /// The Grad-CAM map of a class.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - index: into `labels`; nil for the most probable class.
    ///   - layer: one of `layers`, or a block such as `layer4`; nil for the last feature maps before the classification
    ///     head.
    /// - Returns: the map at the resolution of the layer.
    /// - Throws: `LayerError` if the network has no such layer, or no layer with feature maps; `NonFiniteOutput` if it
    ///   computes NaN or infinity.
    public func classActivation(
        of image: Image, class index: Int? = nil, layer: String? = nil
    ) throws -> ClassActivationMap {
        precondition(
            index.map(labels.indices.contains) ?? true, "class \(index ?? 0) of a classifier with \(labels.count)")
        let input = preprocessing.tensor(image)
        let before = SaturatedInfinities.count
        let capture = ActivationCapture(of: input) { network($0) }
        guard capture.output.isFinite else {
            throw NonFiniteOutput(NonFiniteOutput.cause(of: input) { _ = network($0) })
        }
        if let hidden = NonFiniteOutput.hidden(since: before, in: input, network: { _ = network($0) }) { throw hidden }
        let (name, maps) = try chosen(layer, of: capture)
        let order = read(capture.output, top: labels.count)[0]
        let found = order.first { $0.index == index } ?? order[0]
        let seed = Tensor(labels.indices.map { $0 == found.index ? 1 : 0 }, shape: capture.output.shape)
        let gradient = capture.gradient(of: capture.output, seed: seed, withRespectTo: maps)
        guard maps.isFinite, gradient?.isFinite ?? true else { throw NonFiniteOutput(.gradient) }
        return ClassActivationMap(
            classification: found, layer: name, width: maps.shape[3], height: maps.shape[2],
            values: gradient.map { gradCAM(maps, $0) } ?? [Float](repeating: 0, count: maps.shape[2] * maps.shape[3]),
            frame: preprocessing.frame(width: image.width, height: image.height))
    }

    /// The layers that produce feature maps, in the order of execution, with the shape [channels, height, width] of these.
    public var layers: [(name: String, shape: Shape)] { ofNothing.layers.map { ($0.name, shape(of: $0.value)) } }

    /// The layers that produce feature maps, each followed by the blocks that it is the last layer of, such as `layer4`.
    public var layersAndBlocks: [(name: String, shape: Shape, isBlock: Bool)] {
        let capture = ofNothing
        let names = capture.layers.map(\.name)
        var lastLayers: [String: String] = [:]
        for name in names { for block in Self.blocks(of: name) { lastLayers[block] = name } }
        return capture.layers.flatMap { layer in
            let blocks = Self.blocks(of: layer.name).filter { lastLayers[$0] == layer.name && !names.contains($0) }
            let shapes = blocks.compactMap { block in (try? capture[block]).map { (block, shape(of: $0), true) } }
            return [(layer.name, shape(of: layer.value), false)] + shapes
        }
    }

    /// `layer4.1.bn2` is in the blocks `layer4.1` and `layer4`.
    private static func blocks(of name: String) -> [String] {
        let parts = name.split(separator: ".")
        return (1..<max(parts.count, 1)).reversed().map { parts[..<$0].joined(separator: ".") }
    }

    /// The shape of the feature maps of a layer or a block of layers.
    ///
    /// - Parameter name: one of `layers`, or a block such as `layer4`.
    /// - Returns: [channels, height, width].
    /// - Throws: `LayerError` if the network has no such layer.
    public func shape(ofLayer name: String) throws(LayerError) -> Shape { shape(of: try ofNothing[name]) }

    private func shape(of maps: Tensor) -> Shape { Shape(Array(maps.shape.dimensions.dropFirst())) }

    /// The shapes of the activations, without computing them.
    private var ofNothing: ActivationCapture {
        let shape: Shape = [1, preprocessing.channels.count, preprocessing.height, preprocessing.width]
        return ActivationCapture(of: .shapeOnly(shape), needsGradient: false) { network($0) }
    }

    private func chosen(_ layer: String?, of capture: ActivationCapture) throws(LayerError) -> (
        name: String, maps: Tensor
    ) {
        if let layer { return (layer, try capture[layer]) }
        let head = network.headScope + "."
        guard let last = capture.lastFeatureMap(where: { !$0.hasPrefix(head) }) else {
            throw LayerError(name: "", nearest: nil, known: capture.layers.map(\.name))
        }
        return (last.name, last.value)
    }
}

/// max(0, Σ over channels of mean gradient · feature map); maps and gradient [1, C, H, W] -> H × W values.
private func gradCAM(_ maps: Tensor, _ gradient: Tensor) -> [Float] {
    let plane = maps.shape[2] * maps.shape[3]
    var sums = [Float](repeating: 0, count: plane)
    maps.withValues { maps in
        gradient.withValues { gradient in
            for start in stride(from: 0, to: maps.count, by: plane) {
                let weight = gradient[start..<start + plane].reduce(0, +) / Float(plane)
                for pixel in 0..<plane { sums[pixel] += weight * maps[start + pixel] }
            }
        }
    }
    // Not `max`, which would keep NaN.
    return sums.map { $0 > 0 ? $0 : 0 }
}

extension ClassActivationMap: Codable {
    private enum CodingKeys: CodingKey { case classification, layer, width, height, values, frame }

    /// `{"classification", "layer", "width", "height", "values", "frame"}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        classification = try container.decode(Classification.self, forKey: .classification)
        layer = try container.decode(String.self, forKey: .layer)
        width = try container.decode(Int.self, forKey: .width)
        height = try container.decode(Int.self, forKey: .height)
        values = try container.decode([Float].self, forKey: .values)
        frame = try container.decode(InputFrame.self, forKey: .frame)
        let (area, overflows) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflows, values.count == area else {
            throw DecodingError.invalid(decoder, "\(values.count) values for a map of \(width)×\(height)")
        }
    }
}
