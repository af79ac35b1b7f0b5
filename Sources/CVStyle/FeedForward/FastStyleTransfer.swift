import CVCore
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Feed-forward style transfer by a network trained on some styles (Johnson et al. 2016, arXiv:1603.08155).
///
/// ```swift
/// let fast = try FastStyleTransfer()
/// let stylize = try fast.stylizer(["starry"])
/// try stylize(try Image(contentsOf: "photo.jpg")).write(to: "stylized.jpg")
/// ```
/// A single pass takes seconds where the optimization of `StyleTransfer` takes minutes, at any image size, but is limited
/// to the styles of the training.
public struct FastStyleTransfer: Sendable {
    /// The name of the network.
    public let name: String
    /// The names of the styles.
    public let styles: [String]
    private let path: String
    private let variant: ImageTransformNet.Variant
    private let state: StateDictionary
    private let preprocessing: Preprocessing

    /// The name of the default weights, which ship with the package: 26 styles.
    public static let defaultWeights = "multistyle26"

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Parameter weights: a name or a path.
    /// - Throws: `WeightsNotFound` when nothing is found, with the search paths; `FileError`,
    ///   `SafetensorsError`, `WeightsMetadataError`, `ModelFileError` or `FastStyleError` for a file that is damaged or belongs
    ///   to something else.
    public init(_ weights: String = Self.defaultWeights) throws {
        let file = try ModelFile(weights, task: .stylize)
        guard let variant = ImageTransformNet.Variant(file.spec.name) else {
            throw ModelFileError(
                file.path,
                .otherNetwork(
                    found: file.metadata.model, expected: ModelRegistry.specs(for: .stylize).map(\.name)))
        }
        guard file.metadata.preprocessing.channels == .rgb else {
            throw ModelFileError(file.path, .preprocessing(expected: "an input of red, green and blue"))
        }
        state = try file.state()
        path = file.path
        name = file.metadata.model
        styles = file.labels.isEmpty ? [FileSystem.stem(of: path)] : file.labels
        (self.variant, preprocessing) = (variant, file.metadata.preprocessing)
        // Checked here rather than at the first image.
        _ = try network(mixing: styles.map { _ in 0 })
    }

    /// Creates a style transfer with weights in memory, which are checked when a stylizer is made.
    package init(
        path: String, _ variant: ImageTransformNet.Variant, styles: [String], state: StateDictionary,
        _ preprocessing: Preprocessing
    ) {
        (self.path, self.variant, self.styles, self.state) = (path, variant, styles, state)
        (name, self.preprocessing) = (variant.name, preprocessing)
    }

    private func network(mixing mixture: [Float]) throws(FastStyleError) -> ImageTransformNet {
        do throws(ParameterMismatch) {
            return try variant.network(state, mixing: mixture)
        } catch {
            throw .otherParameters(path: path, error)
        }
    }

    /// The index of a style in `styles`.
    ///
    /// - Parameter style: its name, or its index from 0 as text.
    /// - Returns: the index.
    /// - Throws: `FastStyleError.unknownStyle` with the nearest name.
    public func index(of style: String) throws(FastStyleError) -> Int {
        if let index = styles.firstIndex(of: style) { return index }
        if let index = Int(style), styles.indices.contains(index) { return index }
        throw .unknownStyle(style, nearest: nearestName(to: style, in: styles), known: styles)
    }

    /// A stylizer for a style, or for a blend of several.
    ///
    /// - Parameters:
    ///   - names: names or indices of styles, at least one.
    ///   - weights: the weight of each style relative to the others, above 0; empty for equal weights.
    /// - Returns: the stylizer, which can be used for any number of images.
    /// - Throws: `FastStyleError` for a style that is unknown or listed twice, and for weights that do not fit.
    public func stylizer(_ names: [String], weights: [Float] = []) throws(FastStyleError) -> FeedForwardStylizer {
        precondition(!names.isEmpty, "a stylizer without a style")
        precondition(
            (weights.isEmpty || weights.count == names.count) && weights.allSatisfy { $0 > 0 && $0.isFinite },
            "weights \(weights) of the styles \(names)")
        let total = weights.isEmpty ? Float(names.count) : weights.reduce(0, +)
        var mixture = styles.map { _ in Float(0) }
        for (position, name) in names.enumerated() {
            let index = try index(of: name)
            guard mixture[index] == 0 else { throw .styleTwice(styles[index]) }
            mixture[index] = (weights.isEmpty ? 1 : weights[position]) / total
        }
        return FeedForwardStylizer(try network(mixing: mixture), preprocessing)
    }
}
