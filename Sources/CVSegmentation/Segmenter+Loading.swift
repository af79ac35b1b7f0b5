import CVCore
import CVModels
import CVNN
import CVTensor

extension Segmenter {
    /// Loads weights by the name of a model or by the path of a `.safetensors` file.
    ///
    /// - Throws: `WeightsNotFound`; `SafetensorsError` or `SegmenterError` for a file that is damaged or belongs to
    ///   something else.
    public init(_ model: String) throws {
        let path = try WeightsLocator().find(model)
        let file = try Safetensors(path: path)
        let metadata = try WeightsMetadata(file.metadata, file: path)
        guard metadata.task == "segment" else {
            throw SegmenterError(path, .otherTask(model: metadata.model, task: metadata.task))
        }
        let input = metadata.preprocessing
        guard (1...255).contains(metadata.labels.count), input.channels != .grey,
            max(input.width, input.height) <= Self.maxSide
        else {
            throw SegmenterError(
                path, .notUsable("1 to 255 labels, and an input in colour with sides of at most \(Self.maxSide)"))
        }
        try file.checkFinite()
        let state = try file.stateDictionary()
        guard let make = Self.network(metadata.model, classes: metadata.labels.count, state) else {
            throw SegmenterError(path, .otherTask(model: metadata.model, task: metadata.task))
        }
        let network: any Layer
        do {
            network = try load(make, from: state)
        } catch {
            throw SegmenterError(path, .otherParameters(error))
        }
        self.init(network: network, labels: metadata.labels, preprocessing: input)
    }

    /// The network of that name; of a plain U-Net the keys and shapes of its weights tell which one.
    private static func network(
        _ model: String, classes: Int, _ state: StateDictionary
    ) -> ((ParameterScope) -> any Layer)? {
        if model != "unet" {
            guard let architecture = try? SegmentationArchitecture.named(model) else { return nil }
            return { architecture.make(classes: classes, channels: 3, $0) }
        }
        let depth = (0..<10).prefix { state["up.\($0).weight"] != nil }.count
        let width = state["out.weight"].map { $0.shape.rank == 4 ? $0.shape[1] : 0 } ?? 0
        // What is absurd is left to the comparison of the keys.
        let isBilinear = state["up.0.weight"].map { $0.shape.rank == 4 && $0.shape[3] == 1 } ?? false
        return { p in
            UNet(
                classes: classes, depth: min(max(depth, 1), 5), width: min(max(width, 1), 1024),
                enlargement: isBilinear ? .bilinear : .transposedConvolution,
                batchNorm: state["down.0.1.running_mean"] != nil, p)
        }
    }
}
