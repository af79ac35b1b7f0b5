import CVCore

/// An augmentation as it is named in text, with the strength that its number stands for.
public struct AugmentationKind: Sendable {
    public let name: String
    public let summary: String
    /// What the numbers after "=" may be; nil for one that takes none.
    public let limits: ClosedRange<Double>?
    /// Whether two numbers may stand for a range that is drawn from; else there is one fixed strength.
    public let takesRange: Bool
    /// Strong enough to be seen at a glance, for a sheet that shows what each one does.
    public let demonstration: String

    /// What the range is when one number is given.
    private let spread: @Sendable (Double) -> ClosedRange<Double>
    /// With nil for the augmentation's own range.
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

/// What augmentations share that are made from text.
public struct AugmentationContext: Sendable {
    /// Past the border of a picture that was moved.
    public var border: Border
    /// For mosaic and mixup.
    public var partner: Augment.PartnerSource

    public init(border: Border = .reflect, partner: @escaping Augment.PartnerSource = Augment.mirroredSelf) {
        (self.border, self.partner) = (border, partner)
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

    /// All of them, those that no other one includes first.
    public static let all: [AugmentationKind] = moves + colors + damages + mixtures + included

    private static let moves = [
        AugmentationKind("mirror", "left and right swapped") { _, _ in Augment.Mirror() },
        AugmentationKind(
            "resized-crop", "a part, by its share of the area, at the size of the whole", limits: 0.01...1,
            show: "0.15:0.4"
        ) { range, _ in range.map { .init(area: $0) } ?? Augment.ResizedCrop() },
        AugmentationKind(
            "rotate", "turned by degrees, anticlockwise", limits: -360...360, show: "12:30", spread: aroundZero
        ) { Augment.Rotate(degrees: $0 ?? -15...15, border: $1.border) },
        AugmentationKind(
            "affine", "turned, scaled, sheared and shifted together", limits: 0...4, show: "2", takesRange: false
        ) { Augment.Affine(strength: $0?.upperBound ?? 1, border: $1.border) },
        AugmentationKind(
            "elastic", "pulled and pushed here and there, as rubber", limits: 0...0.33,
            show: "0.33", takesRange: false
        ) { Augment.Elastic(strength: $0?.upperBound ?? 0.3, border: $1.border) },
    ]

    private static let colors = [
        AugmentationKind(
            "rgb", "red, green and blue shifted, in levels of 255", limits: -255...255, show: "45", spread: aroundZero
        ) { range, _ in range.map { .init(levels: $0) } ?? Augment.RGBShift() },
        AugmentationKind(
            "hsv", "hue turned by degrees; saturation, value changed", limits: -180...180,
            show: "20:50", spread: aroundZero
        ) { range, _ in
            range.map { .init(hueDegrees: $0, saturation: 0.6...1.4, value: 0.6...1.4) } ?? Augment.HSVShift()
        },
        AugmentationKind(
            "pca", "colours shifted as light does it (AlexNet)", limits: 0...10, show: "1", takesRange: false
        ) { range, _ in Augment.PCAShift(deviation: range?.upperBound ?? 0.1) },
        AugmentationKind(
            "brightness", "multiplied by 1 - v to 1 + v", limits: 0...10, show: "0.5:0.7", spread: aroundOne
        ) { range, _ in range.map { .init(factor: $0) } ?? Augment.Brightness() },
        AugmentationKind(
            "contrast", "away from the mean grey by 1 - v to 1 + v", limits: 0...10, show: "0.35:0.55",
            spread: aroundOne
        ) { range, _ in range.map { .init(factor: $0) } ?? Augment.Contrast() },
        AugmentationKind(
            "gamma", "middle tones shifted, by an exponent of 1/v to v", limits: 0.05...20,
            show: "0.45:0.6", spread: aroundOneByFactor
        ) { range, _ in range.map { .init(gamma: $0) } ?? Augment.Gamma() },
    ]

    private static let damages = [
        AugmentationKind("blur", "out of focus, by a Gaussian of v pixels", limits: 0...100, show: "3:5") {
            range, _ in range.map { .init(sigma: $0) } ?? Augment.Blur()
        },
        AugmentationKind("noise", "grain, by a standard deviation in levels", limits: 0...255, show: "25:40") {
            range, _ in range.map { .init(deviation: $0) } ?? Augment.Noise()
        },
        AugmentationKind(
            "cutout", "a square taken out, its side as a part of the shorter side", limits: 0...2, show: "0.35:0.5"
        ) { range, _ in range.map { .init(side: $0) } ?? Augment.Cutout() },
    ]

    private static let mixtures = [
        AugmentationKind("mosaic", "four pictures in one") { Augment.Mosaic(partner: $1.partner) },
        AugmentationKind(
            "mixup", "two pictures through each other, by beta(v, v)", limits: 0.01...1000, show: "32",
            takesRange: false
        ) { Augment.Mixup(alpha: $0?.upperBound ?? 0.2, partner: $1.partner) },
    ]

    /// Also in affine, resized-crop and hsv; `flip` is for few pictures.
    private static let included = [
        AugmentationKind(
            "crop", "a part, by its share of each side, at its own size", limits: 0.01...1, show: "0.6:0.8"
        ) {
            range, _ in range.map { .init(part: $0) } ?? Augment.Crop()
        },
        AugmentationKind(
            "shift", "moved by whole pixels, up to v of each side", limits: 0...1, show: "0.3", takesRange: false
        ) { Augment.Shift(.part($0?.upperBound ?? 0.125), border: $1.border) },
        AugmentationKind(
            "shear", "leaning sideways by degrees", limits: -60...60, show: "12:25", spread: aroundZero
        ) { Augment.Shear(degrees: $0 ?? -15...15, border: $1.border) },
        AugmentationKind(
            "saturation", "away from grey by 1 - v to 1 + v", limits: 0...10, show: "1.7:2.2", spread: aroundOne
        ) { range, _ in range.map { .init(factor: $0) } ?? Augment.Saturation() },
        AugmentationKind("flip", "top and bottom swapped") { _, _ in Augment.Flip() },
    ]
}
