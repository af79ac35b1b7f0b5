import CVCore

extension UNet {
    /// The facts, for the registry, of the network with batch normalization in the size of its paper, and of that without.
    static let specs = [UNetShape(), UNetShape(isPlain: true)].map(spec)

    /// Those of a U-Net of the size that a name asks for, such as `unet-w16-d3-bilinear-plain`.
    ///
    /// - Parameter name: see `UNetShape`.
    /// - Returns: nil for what is no such name.
    static func spec(named name: String) -> ModelSpec? { UNetShape(name).map(spec) }

    private static func spec(_ shape: UNetShape) -> ModelSpec {
        ModelSpec(
            shape.name,
            shape.isPlain
                ? "U-Net with padding (Ronneberger et al. 2015, arXiv:1505.04597)"
                : "U-Net with batch normalization (Ronneberger et al. 2015)",
            task: .segment, input: defaultInput, classes: 2, limits: limits(minimumSide: 1 << shape.depth),
            headScopes: ["out"],
            build: { classes, input, p in
                .dense(
                    UNet(
                        channels: input.channels, classes: classes, depth: shape.depth, width: shape.width,
                        upsampling: shape.isBilinear ? .bilinear : .transposedConvolution, batchNorm: !shape.isPlain,
                        p))
            })
    }

    static let defaultInput = ModelSpec.Input(channels: 3, height: 256, width: 256)

    static func limits(minimumSide: Int) -> ModelSpec.Limits {
        .init(minimumSide: minimumSide, maximumSide: 8192)
    }
}

/// The size of a U-Net as its name states it: `unet`, then, in any order, `-w32` for the channels at full size, `-d3` for how
/// often the image is halved, `-bilinear` instead of transposed convolutions, `-plain` for no batch normalization.
struct UNetShape: Sendable {
    var width = 64, depth = 4
    var isBilinear = false, isPlain = false
    /// Channels where the image is smallest; the paper has 1024.
    private static let widest = 4096

    init(isPlain: Bool = false) { self.isPlain = isPlain }

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
