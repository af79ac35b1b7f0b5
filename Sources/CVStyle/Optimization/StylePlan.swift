import CVCore
import CVImage
import CVModels

/// The scales of a painting, and the memory that it takes.
public struct StylePlan: Sendable, Equatable {
    public struct Scale: Sendable, Equatable {
        public let width: Int
        public let height: Int
        public let steps: Int
    }

    /// The coarsest first.
    public let scales: [Scale]
    /// Bytes that the process will hold at most, about.
    public let bytes: Int

    public var steps: Int { scales.reduce(0) { $0 + $1.steps } }

    /// Part of the work that is done when so many steps of scale `index` are: the time of a step goes with its pixels.
    func progress(scale index: Int, step: Int) -> Double {
        func work(_ scale: Scale, _ steps: Int) -> Double { Double(scale.width * scale.height) * Double(steps) }
        let all = scales.reduce(0) { $0 + work($1, $1.steps) }
        let done = scales[..<index].reduce(0) { $0 + work($1, $1.steps) } + work(scales[index], step)
        return all > 0 ? done / all : 1
    }
}

/// A picture's size with a given longer side, or as near as it comes to that with the shorter one at least `minimum`.
package struct StyleFrame: Equatable {
    package let width, height: Int

    package init(_ image: Image, longerSide: Int) {
        let scale = Double(longerSide) / Double(max(image.width, image.height))
        func side(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
        (width, height) = (side(image.width), side(image.height))
    }

    /// Of a style picture: never larger than it is, nor smaller than the layers need.
    package init(style image: Image, longerSide: Int, minimum: Int) {
        let (shorter, longer) = (min(image.width, image.height), max(image.width, image.height))
        let needed = (longer * minimum + shorter - 1) / shorter
        self.init(image, longerSide: min(max(longerSide, needed), longer))
    }

    var shorterSide: Int { min(width, height) }
    var pixels: Int { width * height }
}

/// The layers that are looked at, and what follows from them.
struct StyleFeatureLayers {
    /// Up to the deepest that is wanted.
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
    /// Two pixels of the deepest maps.
    var minimumSide: Int { 2 << last.stage }

    /// Bytes of a step on a picture of so many pixels: the maps, which are kept for the way back, and what is needed
    /// there at the same time. The factors were fitted to vgg16-hed: it held at most 175, 394 and 927 MB for 128², 256²
    /// and 512².
    func stepBytes(pixels: Int) -> Int {
        let maps = needed.map { Double($0.channels) * Double(pixels) / Double(1 << (2 * $0.stage)) }
        let kept = maps.reduce(0, +)
        let passing = 4 * (maps.max() ?? 0)
        return Int(1.35 * 4 * (kept + passing)) + 3 * weightBytes + 155_000_000
    }

    private var weightBytes: Int {
        zip(needed, [3] + needed.map(\.channels)).reduce(0) { $0 + 4 * 9 * $1.0.channels * $1.1 }
    }
}
