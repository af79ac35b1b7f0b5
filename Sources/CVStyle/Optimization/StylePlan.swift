import CVCore
import CVImage
import CVModels

/// The scales of a style transfer, and the memory that it needs.
public struct StylePlan: Sendable, Equatable {
    /// A scale.
    public struct Scale: Sendable, Equatable {
        /// The width of the image in pixels.
        public let width: Int
        /// The height of the image in pixels.
        public let height: Int
        /// The number of steps.
        public let steps: Int
    }

    /// The scales, the coarsest first.
    public let scales: [Scale]
    /// An estimate of the peak memory of the process, in bytes.
    public let bytes: Int

    /// The number of steps over all scales.
    public var steps: Int { scales.reduce(0) { $0 + $1.steps } }

    /// The fraction of the work that is done after `step` steps of a scale: the time of a step is proportional to its pixels.
    func progress(scale index: Int, step: Int) -> Double {
        func work(_ scale: Scale, _ steps: Int) -> Double { Double(scale.width * scale.height) * Double(steps) }
        let all = scales.reduce(0) { $0 + work($1, $1.steps) }
        let done = scales[..<index].reduce(0) { $0 + work($1, $1.steps) } + work(scales[index], step)
        return all > 0 ? done / all : 1
    }
}

/// The size of an image with a given longer side, or as near to it as possible with the shorter side at least `minimum`.
package struct StyleFrame: Equatable {
    package let width, height: Int

    package init(_ image: Image, longerSide: Int) {
        let scale = Double(longerSide) / Double(max(image.width, image.height))
        func side(_ length: Int) -> Int { max(1, Int(clamping: (Double(length) * scale).rounded())) }
        (width, height) = (side(image.width), side(image.height))
    }

    /// For a style image: never larger than it is, nor smaller than the layers need.
    package init(style image: Image, longerSide: Int, minimum: Int) {
        let (shorter, longer) = (min(image.width, image.height), max(image.width, image.height))
        let needed = (longer * minimum + shorter - 1) / shorter
        self.init(image, longerSide: min(max(longerSide, needed), longer))
    }

    var shorterSide: Int { min(width, height) }
    var pixels: Int { width * height }
}

/// The layers of the network that the options need.
struct StyleFeatureLayers {
    /// The layers up to the deepest that is needed.
    let needed: [VGGFeatures.FeatureLayer]

    /// - Throws: `StyleError.unknownLayer`.
    init(_ featureLayers: [VGGFeatures.FeatureLayer], _ options: StyleOptions) throws(StyleError) {
        let known = featureLayers.map(\.name)
        var names: [String] = []
        if options.contentWeight > 0 { names += options.contentLayers.map(\.name) }
        if options.styleWeight > 0 { names += options.styleLayers.map(\.name) }
        var last = -1
        for name in names {
            guard let position = known.firstIndex(of: name) else {
                throw .unknownLayer(name, nearest: nearestName(to: name, in: known), known: known)
            }
            last = max(last, position)
        }
        guard last >= 0 else { throw .nothingToDo }
        needed = Array(featureLayers[...last])
    }

    var last: VGGFeatures.FeatureLayer { needed[needed.count - 1] }
    /// Two pixels in the deepest feature maps.
    var minimumSide: Int { 2 << last.stage }

    /// The bytes of a step on an image of `pixels`: the feature maps, which are retained for the backward pass, and its
    /// temporaries. The factors were fitted to vgg16-hed, whose peaks are 175, 394 and 927 MB for 128², 256² and 512².
    func stepBytes(pixels: Int) -> Int {
        let features = needed.map { Double($0.channels) * Double(pixels) / Double(1 << (2 * $0.stage)) }
        let retained = features.reduce(0, +)
        let temporary = 4 * (features.max() ?? 0)
        return Int(clamping: 1.35 * 4 * (retained + temporary)) + 3 * weightBytes + 155_000_000
    }

    private var weightBytes: Int {
        zip(needed, [3] + needed.map(\.channels)).reduce(0) { $0 + 4 * 9 * $1.0.channels * $1.1 }
    }
}

extension StylePlan: Codable {}

extension StylePlan.Scale: Codable {
    private enum CodingKeys: CodingKey { case width, height, steps }

    /// - Throws: `DecodingError` for sizes and steps that no plan has, whose sums could overflow.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        width = try container.decode(Int.self, forKey: .width)
        height = try container.decode(Int.self, forKey: .height)
        steps = try container.decode(Int.self, forKey: .steps)
        let possible = 1...1 << 24
        guard possible.contains(width), possible.contains(height), (0...possible.upperBound).contains(steps) else {
            throw DecodingError.invalid(decoder, "\(steps) steps at \(width)×\(height) pixels are not a scale")
        }
    }
}
