import CVCore
import CVImage
import CVTask
import CVTensor

/// Where a network sees a class in a picture: Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).
///
/// The maps of a layer, each weighed by the mean gradient of the class's score with respect to it, are summed, and what
/// speaks against the class is left out.
public struct ClassActivationMap: Sendable, Equatable {
    /// The class, and how probable the network thinks it is.
    public let classification: Classification
    /// The layer whose maps were taken.
    public let layer: String
    /// Of the layer's maps, in its pixels.
    public let width: Int
    public let height: Int
    /// height × width values from 0, in units of the score; all are 0 where nothing speaks for the class.
    public let values: [Float]
    /// What part of the picture the map lies over.
    public let frame: InputFrame

    /// From 0 to 1, which is the largest.
    public var shares: [Float] {
        let largest = values.max() ?? 0
        return largest > 0 ? values.map { $0 / largest } : values
    }
}

extension Classifier {
    /// Where the network sees a class in a picture.
    ///
    /// - Parameters:
    ///   - index: into `labels`; nil for the most probable class.
    ///   - layer: one of `layers`, or a block of them such as `layer4`; nil for the last maps before the network decides.
    /// - Throws: `LayerError` for a layer that the network does not have, or where it has none with maps.
    public func classActivation(
        of image: Image, class index: Int? = nil, layer: String? = nil
    ) throws(LayerError) -> ClassActivationMap {
        precondition(
            index.map(labels.indices.contains) ?? true, "class \(index ?? 0) of a classifier with \(labels.count)")
        let capture = ActivationCapture(of: preprocessing.tensor(image)) { network($0) }
        let (name, maps) = try chosen(layer, of: capture)
        let order = read(capture.output, top: labels.count)[0]
        let found = order.first { $0.index == index } ?? order[0]
        let seed = Tensor(labels.indices.map { $0 == found.index ? 1 : 0 }, shape: capture.output.shape)
        let gradient = capture.gradient(of: capture.output, seed: seed, withRespectTo: maps)
        return ClassActivationMap(
            classification: found, layer: name, width: maps.shape[3], height: maps.shape[2],
            values: gradient.map { gradCAM(maps, $0) } ?? [Float](repeating: 0, count: maps.shape[2] * maps.shape[3]),
            frame: preprocessing.frame(width: image.width, height: image.height))
    }

    /// The layers that give maps, in the order of the computation, with the shape [channels, height, width] of those.
    public var layers: [(name: String, shape: Shape)] { ofNothing.layers.map { ($0.name, shape(of: $0.value)) } }

    /// The shape [channels, height, width] of the maps of a layer, or of a block of layers.
    ///
    /// - Throws: `LayerError` for one that the network does not have.
    public func shape(ofLayer name: String) throws(LayerError) -> Shape { shape(of: try ofNothing[name]) }

    private func shape(of maps: Tensor) -> Shape { Shape(Array(maps.shape.dimensions.dropFirst())) }

    /// The shapes of what the layers make of an input: nothing is computed.
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
            throw LayerError(name: "with maps", nearest: nil, known: capture.layers.map(\.name))
        }
        return (last.name, last.value)
    }
}

/// max(0, Σ over channels of the mean gradient · the map).
///
/// maps, gradient: [1, C, H, W] -> H × W values.
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
    // Not `max`, which would keep what is no number.
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
