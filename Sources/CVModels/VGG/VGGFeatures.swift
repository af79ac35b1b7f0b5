import CVCore
import CVNN
import CVTensor

/// The convolutions of a VGG up to a chosen one, as a feature extractor: for perceptual losses and style transfer.
///
/// The keys are those of torchvision's `vgg16().features` and its variants: `features.0.weight`, `features.0.bias`, …
/// Weights of more layers than needed can be loaded with `load(_:through:pooling:widths:from:)`.
public struct VGGFeatures: Sendable {
    /// The pooling between the stages.
    public enum Pooling: String, Sendable, CaseIterable {
        /// Maximum, as in the paper.
        case max
        /// Twice the mean, which keeps the magnitude of the feature maps similar to that of the maximum. Gatys et al.
        /// found that it gives smoother images.
        case average
    }

    /// A convolution and the ReLU after it.
    public struct FeatureLayer: Sendable, Equatable {
        /// Stage and number, from 1: `conv3_1`.
        public let name: String
        /// From 0; the feature maps have 1 / 2^stage of the image's height and width, rounded down.
        public let stage: Int
        /// Number of its filters.
        public let channels: Int
        /// Its index in `features`.
        let position: Int
    }

    /// Channels of the stages, as in the paper.
    public static let widths = [64, 128, 256, 512, 512]

    private let steps: [(featureLayer: FeatureLayer, convolution: Conv2d)]
    private let pooling: Pooling

    /// All convolutions of a VGG, in order.
    ///
    /// - Parameters:
    ///   - depth: number of layers.
    ///   - widths: channels of the stages; fewer for tests.
    /// - Returns: the layers that features can be read from.
    public static func featureLayers(_ depth: VGG.Depth, widths: [Int] = Self.widths) -> [FeatureLayer] {
        var position = 0
        var featureLayers: [FeatureLayer] = []
        for (stage, count) in depth.convolutions.enumerated() {
            for number in 1...count {
                featureLayers.append(
                    FeatureLayer(
                        name: "conv\(stage + 1)_\(number)", stage: stage, channels: widths[stage], position: position))
                position += 2
            }
            // The pooling.
            position += 1
        }
        return featureLayers
    }

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - depth: number of layers of the VGG.
    ///   - last: the name of the last convolution to build; nil for all.
    ///   - pooling: between the stages.
    ///   - widths: channels of the stages.
    ///   - p: the scope of the parameters.
    public init(
        _ depth: VGG.Depth, through last: String? = nil, pooling: Pooling = .max, widths: [Int] = Self.widths,
        _ p: ParameterScope
    ) {
        let features = p.scope("features")
        var cin = 3
        var steps: [(featureLayer: FeatureLayer, convolution: Conv2d)] = []
        for featureLayer in Self.featureLayers(depth, widths: widths) {
            // Not padded: `callAsFunction` replicates the border instead of adding zeros.
            let convolution = Conv2d(
                cin, featureLayer.channels, kernel: 3, padding: featureLayer.position == 0 ? 0 : 1,
                initialized: .heNormal(fan: .output),
                features.scope("\(featureLayer.position)"))
            steps.append((featureLayer, convolution))
            cin = featureLayer.channels
            if featureLayer.name == last { break }
        }
        precondition(last == nil || steps.last?.featureLayer.name == last, "VGG-\(depth.rawValue) has no \(last ?? "")")
        self.steps = steps
        self.pooling = pooling
    }

    /// Loads the layers up to one of them from the weights of a VGG; other keys, such as those of a classifier, are
    /// ignored.
    ///
    /// - Parameters:
    ///   - depth: number of layers of the VGG.
    ///   - last: the name of the last convolution to load; nil for all.
    ///   - pooling: between the stages.
    ///   - widths: channels of the stages.
    ///   - state: the weights.
    /// - Returns: the extractor.
    /// - Throws: `ParameterMismatch` for missing keys and wrong shapes.
    public static func load(
        _ depth: VGG.Depth, through last: String? = nil, pooling: Pooling = .max, widths: [Int] = Self.widths,
        from state: StateDictionary
    ) throws(ParameterMismatch) -> VGGFeatures {
        let make = { VGGFeatures(depth, through: last, pooling: pooling, widths: widths, $0) }
        let names = Set(ParameterSet.shapes(make).map(\.name))
        let (network, parameters) = try ParameterSet.load(make, from: state.filter { names.contains($0.key) })
        parameters.setTrainable(false)
        return network
    }

    /// The feature maps of some layers, after their ReLU.
    ///
    /// The border pixels of the image are replicated: zeros are a color, and would add an edge along the border.
    ///
    /// - Parameters:
    ///   - x: [N, 3, H, W].
    ///   - names: of layers, such as `conv3_1`.
    /// - Returns: for each name [N, channels, H / 2^stage, W / 2^stage].
    public func callAsFunction(_ x: Tensor, at names: Set<String>) -> [String: Tensor] {
        var maps: [String: Tensor] = [:]
        var y = pad2d(x, top: 1, bottom: 1, left: 1, right: 1, mode: .edge)
        var stage = 0
        for (featureLayer, convolution) in steps {
            if featureLayer.stage > stage { y = pooled(y) }
            stage = featureLayer.stage
            y = Activation.relu(convolution(y))
            if names.contains(featureLayer.name) { maps[featureLayer.name] = y }
            if maps.count == names.count { break }
        }
        return maps
    }

    private func pooled(_ x: Tensor) -> Tensor {
        switch pooling {
        case .max: MaxPool2d(2)(x)
        case .average: AvgPool2d(2)(x) * 2
        }
    }
}
