import CVCore
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Neural style transfer by optimization of the image (Gatys, Ecker & Bethge 2015, arXiv:1508.06576).
///
/// ```swift
/// let transfer = try StyleTransfer()
/// let photo = try Image(contentsOf: "photo.jpg"), style = try Image(contentsOf: "style.jpg")
/// let result = try transfer(photo, styles: [StyleSource(style)])
/// try result.image.write(to: "stylized.png")
/// ```
/// The pixels of the result are optimized so that its feature maps are near those of the content, and their Gram matrices
/// near those of the styles. The optimization is multi-scale, from a small size to the final one, so that strokes of many
/// sizes appear. The same input and seed give the same bytes, on any number of threads.
public struct StyleTransfer: Sendable {
    /// The name of the network.
    public let name: String
    private let depth: VGG.Depth
    private let widths: [Int]
    private let state: StateDictionary
    private let preprocessing: Preprocessing

    /// The name of the default weights, which ship with the package.
    public static let defaultWeights = "vgg16-hed"

    /// Loads weights by the name of a model or by the path of a `.safetensors` file: those of VGG-16 as HED, or of a VGG
    /// without batch normalization.
    ///
    /// - Parameter weights: a name or a path.
    /// - Throws: `WeightsNotFound` when nothing is found, with the search paths; `FileError`,
    ///   `SafetensorsError`, `WeightsMetadataError` or `ModelFileError` for a file that is damaged or belongs to something else.
    public init(_ weights: String = Self.defaultWeights) throws {
        let file = try ModelFile(weights)
        guard let depth = VGG.featureDepth(of: file.spec.name) else {
            throw ModelFileError(
                file.path, .otherNetwork(found: file.metadata.model, expected: Self.networks))
        }
        guard file.metadata.preprocessing.channels != .gray else {
            throw ModelFileError(file.path, .preprocessing(expected: "an input in color"))
        }
        let state = try file.state().filter { $0.key.hasPrefix("features.") }
        do throws(ParameterMismatch) {
            _ = try VGGFeatures.load(depth, from: state)
        } catch {
            throw ModelFileError(file.path, .otherParameters(error))
        }
        self.init(name: file.metadata.model, depth, state: state, file.metadata.preprocessing)
    }

    /// The networks whose feature maps can be used.
    private static let networks = ModelRegistry.all.map(\.name).filter { VGG.featureDepth(of: $0) != nil }

    /// Creates a style transfer with a network in memory; `widths` are the channels of its stages.
    package init(
        name: String, _ depth: VGG.Depth, widths: [Int] = VGGFeatures.widths, state: StateDictionary,
        _ preprocessing: Preprocessing
    ) {
        (self.name, self.depth, self.widths, self.state) = (name, depth, widths, state)
        self.preprocessing = preprocessing
    }

    private var featureLayers: [VGGFeatures.FeatureLayer] { VGGFeatures.featureLayers(depth, widths: widths) }

    /// The names of the layers that can be selected, such as `conv3_1`.
    public var layerNames: [String] { featureLayers.map(\.name) }

    /// Validates inputs and options, and plans the scales and the memory.
    ///
    /// - Parameters:
    ///   - content: the content image.
    ///   - styles: the style images.
    ///   - options: size, loss weights, layers and optimizer.
    /// - Returns: the scales and an estimate of the memory.
    /// - Throws: `StyleError` for inputs or options that are invalid.
    public func plan(
        _ content: Image, styles: [StyleSource], options: StyleOptions = StyleOptions()
    ) throws(StyleError) -> StylePlan {
        guard options.contentWeight > 0 || !styles.isEmpty else { throw .nothingToDo }
        let featureLayers = try StyleFeatureLayers(featureLayers, options)
        let minimum = featureLayers.minimumSide
        try check(content, .content, minimum, featureLayers, mayBePlain: options.contentWeight == 0)
        for (index, style) in styles.enumerated() where options.styleWeight > 0 {
            try check(style.image, .style(index), minimum, featureLayers, mayBePlain: false)
            if let mask = style.region, StyleMask(mask).share == 0 { throw .emptyMask(.contentMask(index)) }
            if let mask = style.part, StyleMask(mask).share == 0 { throw .emptyMask(.styleMask(index)) }
        }
        let frames = options.sizes.map { StyleFrame(content, longerSide: $0) }
        let usable = frames.filter { $0.shorterSide >= minimum }
        guard let largest = usable.last, largest == frames.last else {
            let frame = frames[frames.count - 1]
            throw .tooNarrow(
                .content, size: options.size, width: frame.width, height: frame.height, minimum: minimum)
        }
        let stylePixels = styles.map {
            StyleFrame(style: $0.image, longerSide: options.styleSide(options.size), minimum: minimum).pixels
        }
        // A style image has a forward pass only, which retains no feature maps.
        let pixels = max(largest.pixels, (stylePixels.max() ?? 0) * 2 / 3)
        return StylePlan(
            scales: usable.enumerated().map {
                StylePlan.Scale(width: $1.width, height: $1.height, steps: options.steps(at: $0))
            }, bytes: featureLayers.stepBytes(pixels: pixels))
    }

    /// Checks that a plan fits the memory.
    ///
    /// - Parameters:
    ///   - plan: the plan for these inputs and options.
    ///   - available: the free memory in bytes.
    ///   - content: the content image.
    ///   - styles: the style images.
    ///   - options: the options of the plan.
    /// - Throws: `StyleError.notEnoughMemory`, with the largest size that fits, if the plan needs more than `available`.
    public func check(
        _ plan: StylePlan, available: Int, _ content: Image, styles: [StyleSource], options: StyleOptions
    ) throws(StyleError) {
        guard plan.bytes > available else { return }
        var smaller = options
        while smaller.size > 64 {
            smaller.size = smaller.size * 9 / 10 / 16 * 16
            guard let other = try? self.plan(content, styles: styles, options: smaller) else { break }
            guard other.bytes > available else {
                throw .notEnoughMemory(
                    size: options.size, needed: plan.bytes, available: available, suggested: smaller.size)
            }
        }
        throw .notEnoughMemory(size: options.size, needed: plan.bytes, available: available, suggested: nil)
    }

    /// The network up to the deepest layer of `options`, and the smallest side of an image that it needs.
    ///
    /// - Throws: `StyleError`.
    package func network(_ options: StyleOptions) throws -> (network: StyleNetwork, minimumSide: Int) {
        let featureLayers = try StyleFeatureLayers(featureLayers, options)
        let features = try VGGFeatures.load(
            depth, through: featureLayers.last.name, pooling: options.pooling, widths: widths, from: state)
        return (StyleNetwork(features, preprocessing), featureLayers.minimumSide)
    }

    /// Checks a style image without a content image.
    ///
    /// - Throws: `StyleError`.
    package func check(style: Image, _ options: StyleOptions) throws(StyleError) {
        let featureLayers = try StyleFeatureLayers(featureLayers, options)
        try check(style, .style(0), featureLayers.minimumSide, featureLayers, mayBePlain: false)
    }

    private func check(
        _ image: Image, _ input: StyleInput, _ minimum: Int, _ featureLayers: StyleFeatureLayers, mayBePlain: Bool
    ) throws(StyleError) {
        guard min(image.width, image.height) >= minimum else {
            throw .tooSmall(
                input, width: image.width, height: image.height, minimum: minimum, layer: featureLayers.last.name)
        }
        if !mayBePlain, image.isOfOneColor { throw .oneColor(input) }
    }

    /// Applies the style of `styles` to `content`.
    ///
    /// Without styles, or with a style weight of 0, the content is reconstructed from its feature maps; with a content weight
    /// of 0, the result is a texture of the style, and `content` determines only the aspect ratio.
    ///
    /// - Parameters:
    ///   - content: the content image.
    ///   - styles: the style images.
    ///   - options: size, loss weights, layers and optimizer.
    ///   - observe: called after each step; returns whether to continue.
    /// - Returns: the stylized image, with the losses of all steps.
    /// - Throws: `StyleError`, and the errors of `observe`.
    public func callAsFunction(
        _ content: Image, styles: [StyleSource], options: StyleOptions = StyleOptions(),
        observe: (StyleStep) throws -> Bool = { _ in true }
    ) throws -> StyleResult {
        let plan = try plan(content, styles: styles, options: options)
        let (network, minimumSide) = try network(options)
        let stylizer = MultiScaleStylizer(network, plan, content.withoutAlpha(), styles, options, minimumSide)
        return try withoutActuallyEscaping(observe) { try stylizer.stylize(observe: $0) }
    }
}

extension StyleOptions {
    /// The longer side of the style images for a result of this size.
    package func styleSide(_ size: Int) -> Int {
        max(1, Int(clamping: (Double(size) * min(max(styleScale, 1e-3), 1e3)).rounded()))
    }
}

extension Image {
    fileprivate var isOfOneColor: Bool {
        let opaque = withoutAlpha()
        return opaque.pixels.withUnsafeBufferPointer { pixels in
            !pixels.indices.contains { pixels[$0] != pixels[$0 % 3] }
        }
    }
}
