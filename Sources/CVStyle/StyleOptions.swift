import CVCore
import CVImage
import CVModels

/// The options of a style transfer: size, loss weights, layers and optimizer.
public struct StyleOptions: Sendable {
    /// The image from which the optimization starts.
    public enum Start: Sendable, Equatable {
        /// The content image.
        case content
        /// Gray with Gaussian noise that depends on the seed.
        case noise
        /// Any image, resized to the first scale.
        case image(Image)
    }

    /// The optimizer of the image.
    public enum OptimizerKind: String, Sendable, CaseIterable {
        /// Adam; the result is a moving average over its steps.
        case adam
        /// L-BFGS with a strong Wolfe line search.
        case lbfgs
    }

    /// The longer side of the result in pixels.
    public var size = 512
    /// The longer side at the first scale in pixels; each further scale is √2 times larger, up to `size`.
    public var smallestSize = 128
    /// The weight of the content loss (α).
    public var contentWeight: Float = 0.1
    /// The weight of the style loss (β).
    public var styleWeight: Float = 1
    /// The weight of the total variation loss.
    public var variationWeight: Float = 4
    /// The weight of the color layout loss, used if the content has the palette of the styles.
    public var layoutWeight: Float = 2
    /// The layers of the content loss.
    public var contentLayers = [StyleLayer("conv4_2")]
    /// The layers of the style loss. The deeper a layer, the larger the strokes that it represents; the first represents
    /// little more than colors and grain.
    public var styleLayers = [
        StyleLayer("conv1_1"), StyleLayer("conv2_1"), StyleLayer("conv3_1", weight: 0.5), StyleLayer("conv4_1"),
    ]
    /// The number of steps at each scale; twice as many at the first.
    public var iterations = 100
    /// The optimizer.
    public var optimizer = OptimizerKind.adam
    /// The learning rate of Adam, in units of the range from black (0) to white (1).
    public var learningRate: Float = 0.02
    /// The decay of the moving average of the image over Adam's steps; the average is the result.
    public var averaging: Float = 0.99
    /// The pooling of the network: maximum, or average as Gatys et al. recommend.
    public var pooling = VGGFeatures.Pooling.max
    /// The longer side of the style images relative to that of the result: larger values result in larger strokes. Style
    /// images are never upsampled.
    public var styleScale: Double = 1
    /// The standard deviation in pixels of a Gaussian blur of the style images at each scale, 0 for none. It removes grain and
    /// JPEG artifacts, whose statistics the Gram matrices would otherwise reproduce as ripples in flat regions.
    public var styleBlur: Double = 1
    /// The image from which the optimization starts.
    public var start = Start.content
    /// Whether only the luminance is stylized, with the colors of the content.
    public var keepsColors = false
    /// Whether the colors of the content are first transformed to the palette of the styles. Otherwise the Gram matrices ask
    /// for colors that the content lacks, which appear anywhere, such as a patch of blue in a green hill.
    public var matchesPalette = true
    /// Whether the gradient of each layer is normalized, so that its contribution depends on its weight alone (neural-style's
    /// `-normalize_gradients`).
    public var normalizesGradients = false
    /// The seed of the noise.
    public var seed: UInt64 = 0

    /// Creates the default options.
    public init() {}

    /// Not if the colors of the content are preserved or do not count, nor if a style has its own region.
    func matchesPalette(of styles: [StyleSource]) -> Bool {
        matchesPalette && !keepsColors && contentWeight > 0 && styleWeight > 0 && !styles.isEmpty
            && styles.allSatisfy { $0.region == nil && $0.part == nil }
    }

    /// The number of steps at the scale of an index.
    func steps(at index: Int) -> Int { index == 0 ? 2 * iterations : iterations }

    /// The longer sides of the scales, ascending: the last is `size`.
    package var sizes: [Int] {
        var sizes: [Int] = []
        var exact = Double(size)
        while sizes.isEmpty || exact >= Double(smallestSize) - 0.5 {
            sizes.append(Int(clamping: exact.rounded()))
            exact /= 2.0.squareRoot()
        }
        return sizes.reversed()
    }
}

/// A style image with its weight and masks.
public struct StyleSource: Sendable {
    /// The style image, without alpha.
    public let image: Image
    /// The weight relative to the other styles.
    public let weight: Float
    /// The region of the content to stylize: the white part of a mask over the content; nil for all of it.
    public let region: Image?
    /// The region of `image` that defines the style: the white part of a mask over it; nil for all of it.
    public let part: Image?

    /// Creates a style.
    ///
    /// - Parameters:
    ///   - image: the style image; its alpha is dropped.
    ///   - weight: the weight relative to the other styles, above 0.
    ///   - region: a mask over the content whose white part is stylized; nil for all of it.
    ///   - part: a mask over `image` whose white part defines the style; nil for all of it.
    public init(_ image: Image, weight: Float = 1, region: Image? = nil, part: Image? = nil) {
        precondition(weight > 0 && weight.isFinite, "a style of weight \(weight)")
        self.image = image.withoutAlpha()
        self.weight = weight
        self.region = region
        self.part = part
    }
}
