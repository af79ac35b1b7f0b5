import CVImage
import CVModels

/// How a picture is painted.
public struct StyleOptions: Sendable {
    /// What the painting starts from.
    public enum Start: Sendable, Equatable {
        case content
        /// Grey with noise, another for each seed.
        case noise
        case image(Image)
    }

    public enum OptimizerKind: String, Sendable, CaseIterable { case adam, lbfgs }

    /// Pixels of the longer side of the result.
    public var size = 512
    /// Pixels of the longer side at the first scale, from which the size grows by √2 to that of the result.
    public var smallestSize = 128
    /// How much the content counts (α), the style (β), and smoothness.
    public var contentWeight: Float = 0.1
    public var styleWeight: Float = 1
    public var variationWeight: Float = 4
    /// How much it counts that colours stay about where they are, where the content has the palette of the styles.
    public var layoutWeight: Float = 2
    public var contentLayers = [StyleLayer("conv4_2")]
    /// The deeper, the larger the strokes that a layer sees; the first sees little more than colours and grain.
    public var styleLayers = [
        StyleLayer("conv1_1"), StyleLayer("conv2_1"), StyleLayer("conv3_1", weight: 0.5), StyleLayer("conv4_1"),
    ]
    /// Steps at each scale; twice as many at the first.
    public var iterations = 100
    public var optimizer = OptimizerKind.adam
    /// Of Adam: how far a colour may go in a step, as a part of the way from black to white.
    public var learningRate: Float = 0.02
    /// Of Adam: how much of the average stays at each step. The average over the steps is the result.
    public var averaging: Float = 0.99
    public var pooling = VGGFeatures.Pooling.max
    /// Longer side of the style pictures, measured by that of the result: larger gives larger strokes. They are never
    /// enlarged.
    public var styleScale: Double = 1
    /// At each scale the style pictures are looked at through a Gaussian blur of so many pixels, 0 for none. What is finer
    /// is canvas, grain and what is left of JPEG: the Gram matrices would ask for as much of it in the painting, and find
    /// room for it as a ripple in the plain parts.
    public var styleBlur: Double = 1
    public var start = Start.content
    /// Whether only the brightness is painted, and the colours stay those of the content.
    public var keepsColors = false
    /// Whether the content is first given the palette of the styles, all its colours in one way. Else the Gram matrices ask
    /// for colours that the content lacks, and find them a place somewhere: a patch of blue in a green hill.
    public var matchesPalette = true
    /// Whether each layer pulls as hard as its weight says, however far it is from its target (neural-style's
    /// `-normalize_gradients`).
    public var normalizesGradients = false
    public var seed: UInt64 = 0

    public init() {}

    /// Not where the content's colours are wanted, or count for nothing, nor where each style has its own place.
    func matchesPalette(of styles: [StyleSource]) -> Bool {
        matchesPalette && !keepsColors && contentWeight > 0 && styleWeight > 0 && !styles.isEmpty
            && styles.allSatisfy { $0.region == nil && $0.part == nil }
    }

    /// Steps at scale number `index`.
    func steps(at index: Int) -> Int { index == 0 ? 2 * iterations : iterations }

    /// Longer sides of the scales, ascending: the last is `size`.
    package var sizes: [Int] {
        var sizes: [Int] = []
        var exact = Double(size)
        while sizes.isEmpty || exact >= Double(smallestSize) - 0.5 {
            sizes.append(Int(exact.rounded()))
            exact /= 2.0.squareRoot()
        }
        return sizes.reversed()
    }
}

/// A picture whose style is taken.
public struct StyleSource: Sendable {
    public let image: Image
    /// How much it counts beside the others.
    public let weight: Float
    /// Where it is painted: the white part of a picture that is laid over the content. Nil for everywhere.
    public let region: Image?
    /// From where its style is taken: the white part of a picture that is laid over `image`. Nil for everywhere.
    public let part: Image?

    public init(_ image: Image, weight: Float = 1, region: Image? = nil, part: Image? = nil) {
        precondition(weight > 0 && weight.isFinite, "a style of weight \(weight)")
        self.image = image.withoutAlpha()
        self.weight = weight
        self.region = region
        self.part = part
    }
}
