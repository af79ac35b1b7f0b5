import CVCore

/// An augmentation with its name and the meaning of its number in an ``AugmentationRecipe``.
public struct AugmentationKind: Sendable {
    /// The name in recipes.
    public let name: String
    /// A short description.
    public let summary: String
    /// The valid numbers after "="; nil for an augmentation without a number.
    public let limits: ClosedRange<Double>?
    /// Whether two numbers may give a range to draw from; else there is one fixed strength.
    public let takesRange: Bool
    /// A recipe strong enough to be visible at a glance, for a contact sheet of all augmentations.
    public let demonstration: String

    /// The range for a single number.
    private let spread: @Sendable (Double) -> ClosedRange<Double>
    /// Called with nil for the default range.
    private let build: @Sendable (ClosedRange<Double>?, AugmentationContext) -> any Augmentation

    func make(_ range: ClosedRange<Double>?, _ context: AugmentationContext) -> any Augmentation {
        build(range, context)
    }

    func range(around strength: Double) -> ClosedRange<Double> { spread(strength) }

    fileprivate init(
        _ name: String, _ summary: String, limits: ClosedRange<Double>? = nil, show: String = "",
        takesRange: Bool = true,
        spread: @escaping @Sendable (Double) -> ClosedRange<Double> = { $0...$0 },
        build: @escaping @Sendable (ClosedRange<Double>?, AugmentationContext) -> any Augmentation
    ) {
        (self.name, self.summary, self.limits) = (name, summary, limits)
        self.takesRange = takesRange
        demonstration = show.isEmpty ? name : "\(name)=\(show)"
        (self.spread, self.build) = (spread, build)
    }
}

/// The common settings of the augmentations of a recipe.
public struct AugmentationContext: Sendable {
    /// How to fill what lies outside a transformed image.
    public var border: Border
    /// Provides the other samples of mosaic and mixup.
    public var partner: Augment.PartnerSource
    /// The keypoints of an object that swap in a mirror image, such as left and right eye.
    public var keypointPairs: [Augment.Mirror.Pair]

    /// Common settings.
    ///
    /// - Parameters:
    ///   - border: how to fill what lies outside a transformed image.
    ///   - keypointPairs: the keypoints that swap in a mirror image.
    ///   - partner: provides the other samples of mosaic and mixup.
    public init(
        border: Border = .reflect, keypointPairs: [Augment.Mirror.Pair] = [],
        partner: @escaping Augment.PartnerSource = Augment.mirroredSelf
    ) {
        (self.border, self.keypointPairs, self.partner) = (border, keypointPairs, partner)
    }
}

extension AugmentationKind {
    /// v: from -v to v.
    private static func aroundZero(_ v: Double) -> ClosedRange<Double> { -abs(v)...abs(v) }
    /// v: from 1 - v, or 0, to 1 + v.
    private static func aroundOne(_ v: Double) -> ClosedRange<Double> { max(0, 1 - abs(v))...1 + abs(v) }
    /// v: from 1 / v to v.
    private static func aroundOneByFactor(_ v: Double) -> ClosedRange<Double> {
        v >= 1 ? 1 / v...v : v...1 / v
    }

    /// All augmentations; first those that no other one includes.
    public static let all: [AugmentationKind] = moves + colors + damages + mixtures + included

    private static let moves = [
        AugmentationKind("mirror", "horizontal flip") { Augment.Mirror(keypointPairs: $1.keypointPairs) },
        AugmentationKind(
            "resized-crop", "random crop by its share of the area, resized to the full size", limits: 0.01...1,
            show: "0.15:0.4"
        ) { range, _ in range.map { .init(area: $0) } ?? Augment.ResizedCrop() },
        AugmentationKind(
            "rotate", "rotation by degrees, counterclockwise", limits: -360...360, show: "12:30", spread: aroundZero
        ) { Augment.Rotate(degrees: $0 ?? -15...15, border: $1.border) },
        AugmentationKind(
            "affine", "rotation, scale, shear and translation together", limits: 0...4, show: "2", takesRange: false
        ) { Augment.Affine(strength: $0?.upperBound ?? 1, border: $1.border) },
        AugmentationKind(
            "elastic", "elastic deformation", limits: 0...0.33,
            show: "0.33", takesRange: false
        ) { Augment.Elastic(strength: $0?.upperBound ?? 0.3, border: $1.border) },
    ]

    private static let colors = [
        AugmentationKind(
            "rgb", "shift of red, green and blue, in levels of 255", limits: -255...255, show: "45", spread: aroundZero
        ) { range, _ in range.map { .init(levels: $0) } ?? Augment.RGBShift() },
        AugmentationKind(
            "hsv", "hue rotation by degrees; saturation and value scaled", limits: -180...180,
            show: "20:50", spread: aroundZero
        ) { range, _ in
            range.map { .init(hueDegrees: $0, saturation: 0.6...1.4, value: 0.6...1.4) } ?? Augment.HSVShift()
        },
        AugmentationKind(
            "pca", "shift along the principal colors (AlexNet)", limits: 0...10, show: "1", takesRange: false
        ) { range, _ in Augment.PCAShift(deviation: range?.upperBound ?? 0.1) },
        AugmentationKind(
            "brightness", "brightness times 1 - v to 1 + v", limits: 0...10, show: "0.5:0.7", spread: aroundOne
        ) { range, _ in range.map { .init(factor: $0) } ?? Augment.Brightness() },
        AugmentationKind(
            "contrast", "contrast times 1 - v to 1 + v", limits: 0...10, show: "0.35:0.55",
            spread: aroundOne
        ) { range, _ in range.map { .init(factor: $0) } ?? Augment.Contrast() },
        AugmentationKind(
            "gamma", "gamma: an exponent of 1/v to v", limits: 0.05...20,
            show: "0.45:0.6", spread: aroundOneByFactor
        ) { range, _ in range.map { .init(gamma: $0) } ?? Augment.Gamma() },
    ]

    private static let damages = [
        AugmentationKind("blur", "Gaussian blur, sigma in pixels", limits: 0...100, show: "3:5") {
            range, _ in range.map { .init(sigma: $0) } ?? Augment.Blur()
        },
        AugmentationKind("noise", "Gaussian noise, standard deviation in levels", limits: 0...255, show: "25:40") {
            range, _ in range.map { .init(deviation: $0) } ?? Augment.Noise()
        },
        AugmentationKind(
            "cutout", "a filled square, its side relative to the shorter side", limits: 0...2, show: "0.35:0.5"
        ) { range, _ in range.map { .init(side: $0) } ?? Augment.Cutout() },
    ]

    private static let mixtures = [
        AugmentationKind("mosaic", "four images in four quadrants, which they fill, or scaled by v", limits: 0.05...4) {
            Augment.Mosaic(scale: $0, partner: $1.partner)
        },
        AugmentationKind(
            "mixup", "two images blended, weight from beta(v, v)", limits: 0.01...1000, show: "32",
            takesRange: false
        ) { Augment.Mixup(alpha: $0?.upperBound ?? 0.2, partner: $1.partner) },
    ]

    /// Included in affine, resized-crop and hsv; `flip` suits few images.
    private static let included = [
        AugmentationKind(
            "crop", "random crop by its share of each side, not resized", limits: 0.01...1, show: "0.6:0.8"
        ) {
            range, _ in range.map { .init(part: $0) } ?? Augment.Crop()
        },
        AugmentationKind(
            "shift", "translation by whole pixels, up to v of each side", limits: 0...1, show: "0.3", takesRange: false
        ) { Augment.Shift(.part($0?.upperBound ?? 0.125), border: $1.border) },
        AugmentationKind(
            "shear", "horizontal shear by degrees", limits: -60...60, show: "12:25", spread: aroundZero
        ) { Augment.Shear(degrees: $0 ?? -15...15, border: $1.border) },
        AugmentationKind(
            "saturation", "saturation times 1 - v to 1 + v", limits: 0...10, show: "1.7:2.2", spread: aroundOne
        ) { range, _ in range.map { .init(factor: $0) } ?? Augment.Saturation() },
        AugmentationKind("flip", "vertical flip") { _, _ in Augment.Flip() },
    ]
}
