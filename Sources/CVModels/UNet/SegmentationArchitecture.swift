import CVCore
import CVNN
import CVTensor

/// A network that tells what each pixel shows, by the name that the command and weight files use.
///
/// ```swift
/// let architecture = try SegmentationArchitecture.named("unet-efficientnet-lite0")
/// let (network, parameters) = ParameterSet.initialize(seed: 1) { architecture.make(classes: 11, $0) }
/// let logits = network(tape.watch(images))    // [N, 11, H, W]
/// ```
public struct SegmentationArchitecture: Sendable {
    /// A backbone whose pretrained weights it can begin from.
    public struct Encoder: Sendable, Equatable {
        /// A name of `ClassifierArchitecture`.
        public let model: String
        /// The weights that come with this library.
        public let weights: String
        /// What the keys of the encoder begin with, before the classifier's.
        public static let scope = "encoder"
    }

    public let name: String
    /// One line: what it is, and the paper.
    public let summary: String
    /// Nil for a network that learns from nothing.
    public let encoder: Encoder?
    /// Smallest height and width.
    public let minimumSide: Int
    private let build: @Sendable (_ classes: Int, _ channels: Int, _ p: ParameterScope) -> any Layer

    init(
        _ name: String, _ summary: String, encoder: Encoder? = nil, minimumSide: Int = 1,
        build: @escaping @Sendable (_ classes: Int, _ channels: Int, _ p: ParameterScope) -> any Layer
    ) {
        (self.name, self.summary, self.encoder) = (name, summary, encoder)
        (self.minimumSide, self.build) = (minimumSide, build)
    }

    /// The network, for `initialized` or `load`: pictures [N, channels, H, W] to logits [N, classes, H, W], of any size.
    public func make(classes: Int, channels: Int = 3, _ p: ParameterScope) -> any Layer { build(classes, channels, p) }

    /// More than a byte tells apart: 255 is for pixels of no class.
    public static let classes = 2...255
    static let sides = 1...8192

    /// Whether such a network can be built and run.
    ///
    /// - Throws: `ArchitectureError` with what is expected.
    public func check(classes: Int, input: ClassifierArchitecture.Input) throws(ArchitectureError) {
        guard Self.classes.contains(classes) else {
            throw .classes(architecture: name, found: classes, allowed: Self.classes)
        }
        let channels = 1...64
        guard channels.contains(input.channels) else {
            throw .channels(architecture: name, found: input.channels, allowed: channels)
        }
        let sides = minimumSide...Self.sides.upperBound
        guard sides.contains(input.height), sides.contains(input.width) else {
            throw .size(architecture: name, found: input, allowed: sides)
        }
    }

    /// The one of this name: one of `all`, or a U-Net of another size, such as `unet-w16-d3-bilinear-plain`.
    ///
    /// - Throws: `ArchitectureError.unknown` with the nearest name and all others.
    public static func named(_ name: String) throws(ArchitectureError) -> SegmentationArchitecture {
        if let found = all.first(where: { $0.name == name }) { return found }
        if let shape = UNetShape(name) { return unet(shape) }
        throw .unknown(name, nearest: nearestName(to: name, in: all.map(\.name)), known: all.map(\.name))
    }

    /// All of them, but for the sizes that U-Net may have.
    public static let all: [SegmentationArchitecture] = [
        unet(UNetShape()),
        SegmentationArchitecture(
            "unet-mobilenet_v2", "U-Net whose way down is MobileNetV2 (Sandler et al. 2018)",
            encoder: Encoder(model: "mobilenet_v2", weights: "mobilenet_v2-features"),
            build: { EncoderUNet<MobileNetV2Encoder>(channels: $1, classes: $0, $2) }),
        SegmentationArchitecture(
            "unet-efficientnet-lite0", "U-Net whose way down is EfficientNet-Lite0 (Liu 2020)",
            encoder: Encoder(model: "efficientnet-lite0", weights: "efficientnet-lite0"),
            build: { EncoderUNet<EfficientNetLiteEncoder>(channels: $1, classes: $0, $2) }),
    ]

    private static func unet(_ shape: UNetShape) -> SegmentationArchitecture {
        SegmentationArchitecture(
            shape.name, "U-Net with batch normalisation (Ronneberger et al. 2015)", minimumSide: 1 << shape.depth,
            build: { classes, channels, p in
                UNet(
                    channels: channels, classes: classes, depth: shape.depth, width: shape.width,
                    upsampling: shape.isBilinear ? .bilinear : .transposedConvolution, batchNorm: !shape.isPlain, p)
            })
    }
}

/// The size of a U-Net as its name has it: `unet`, then, in any order, `-w32` for the channels at full size, `-d3` for how
/// often the picture is halved, `-bilinear` instead of transposed convolutions, `-plain` for none of batch-norm.
struct UNetShape: Sendable {
    var width = 64, depth = 4
    var isBilinear = false, isPlain = false
    /// Channels where the picture is smallest; the paper has 1024.
    private static let widest = 4096

    init() {}

    /// Nil for what is no such name, or for a size beyond reason.
    init?(_ name: String) {
        let words = name.split(separator: "-", omittingEmptySubsequences: false)
        guard words.first == "unet" else { return nil }
        for word in words.dropFirst() {
            switch (word, word.first, Int(word.dropFirst())) {
            case ("bilinear", _, _): isBilinear = true
            case ("plain", _, _): isPlain = true
            case (_, "w", let number?) where (1...256).contains(number): width = number
            case (_, "d", let number?) where (1...6).contains(number): depth = number
            default: return nil
            }
        }
        guard width << depth <= Self.widest else { return nil }
    }

    /// One name for each shape: what is as in the paper is left out.
    var name: String {
        let own = UNetShape()
        return ["unet"].appending(width == own.width ? nil : "w\(width)")
            .appending(depth == own.depth ? nil : "d\(depth)").appending(isBilinear ? "bilinear" : nil)
            .appending(isPlain ? "plain" : nil).joined(separator: "-")
    }
}

extension [String] {
    fileprivate func appending(_ word: String?) -> [String] { word.map { self + [$0] } ?? self }
}
