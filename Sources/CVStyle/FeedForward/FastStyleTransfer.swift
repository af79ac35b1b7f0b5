import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import CVWeights

/// Networks that have learnt to paint in some styles, and paint a picture in one go (Johnson et al. 2016, arXiv:1603.08155).
///
/// ```swift
/// let fast = try FastStyleTransfer()
/// let paint = try fast.painter(["starry"])
/// try paint(try Image(contentsOf: "photo.jpg")).write(to: "painted.jpg")
/// ```
/// What the optimisation of `StyleTransfer` does in minutes takes seconds here, for any size of the picture; but each style
/// must have been learnt before.
public struct FastStyleTransfer: Sendable {
    /// The name of the network.
    public let name: String
    /// The names of the styles.
    public let styles: [String]
    private let path: String
    private let form: ImageTransformNet.Variant
    private let state: StateDictionary
    private let preprocessing: Preprocessing

    /// The weights that come with the library: 26 styles.
    public static let defaultWeights = "multistyle26"

    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Throws: `WeightsNotFound` when nothing is found, with all places that were searched; `FileError`,
    ///   `SafetensorsError`, `WeightsMetadataError` or `FastStyleError` for a file that is damaged or belongs to something
    ///   else.
    public init(_ weights: String = Self.defaultWeights) throws {
        path = try WeightsLocator().find(weights)
        let file = try Safetensors(path: path)
        let metadata = try WeightsMetadata(file.metadata, file: path)
        guard let form = ImageTransformNet.Variant(metadata.model), metadata.preprocessing.channels == .rgb else {
            throw FastStyleError.notAnImageTransformNet(path: path, model: metadata.model, task: metadata.task)
        }
        try file.checkFinite()
        name = metadata.model
        styles = metadata.labels.isEmpty ? [FileSystem.stem(of: path)] : metadata.labels
        state = try file.stateDictionary()
        (self.form, preprocessing) = (form, metadata.preprocessing)
        // Found out here, not when the first picture is painted.
        _ = try network(mixing: styles.map { _ in 0 })
    }

    /// With weights that are at hand. Whether they fit is found out when something is painted with them.
    package init(
        path: String, _ form: ImageTransformNet.Variant, styles: [String], state: StateDictionary,
        _ preprocessing: Preprocessing
    ) {
        (self.path, self.form, self.styles, self.state) = (path, form, styles, state)
        (name, self.preprocessing) = (form.name, preprocessing)
    }

    private func network(mixing mixture: [Float]) throws(FastStyleError) -> ImageTransformNet {
        do throws(ParameterMismatch) {
            return try form.network(state, mixing: mixture)
        } catch {
            throw .otherParameters(path: path, error)
        }
    }

    /// The place of a style in `styles`, by its name or by its number from 0.
    ///
    /// - Throws: `FastStyleError.unknownStyle` with the nearest name.
    public func index(of style: String) throws(FastStyleError) -> Int {
        if let index = styles.firstIndex(of: style) { return index }
        if let index = Int(style), styles.indices.contains(index) { return index }
        throw .unknownStyle(style, nearest: nearestName(to: style, in: styles), known: styles)
    }

    /// What paints in a style, or in a mixture of several.
    ///
    /// - Parameter weights: how much each style counts beside the others, above 0; none for all the same.
    /// - Throws: `FastStyleError` for a style that is not known, or given twice, and for weights that do not fit.
    public func stylizer(_ names: [String], weights: [Float] = []) throws(FastStyleError) -> FeedForwardStylizer {
        precondition(!names.isEmpty, "a painter without a style")
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
