import CVCore
import CVNN
import CVTensor

/// The convolutions of a VGG up to one of them, whose maps tell what a picture shows and how it is painted.
///
/// The keys are those of torchvision's `vgg16().features` and of its siblings: `features.0.weight`, `features.0.bias`, …
/// Weights for more layers than are wanted can be loaded with `load(_:through:pooling:from:)`.
public struct VGGFeatures: Sendable {
    /// Between the stages.
    public enum Pooling: String, Sendable, CaseIterable {
        case max
        /// Twice the mean, which keeps the maps about as bright as the maximum would. Gatys et al. found its pictures
        /// smoother.
        case average
    }

    /// A convolution and the ReLU after it.
    public struct FeatureLayer: Sendable, Equatable {
        /// Stage and number, from 1: `conv3_1`.
        public let name: String
        /// From 0; the maps have 1 / 2^stage of the picture's height and width, rounded down.
        public let stage: Int
        public let channels: Int
        /// Its number in `features`.
        let position: Int
    }

    /// Channels of the stages, as in the paper.
    public static let widths = [64, 128, 256, 512, 512]

    private let steps: [(featureLayer: FeatureLayer, convolution: Conv2d)]
    private let pooling: Pooling

    /// All convolutions of a VGG of this depth, the first first. widths: channels of the stages, fewer for tests.
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

    /// last: the name of the last convolution that is wanted; nil for all.
    public init(
        _ depth: VGG.Depth, through last: String? = nil, pooling: Pooling = .max, widths: [Int] = Self.widths,
        _ p: ParameterScope
    ) {
        let features = p.scope("features")
        var cin = 3
        var steps: [(featureLayer: FeatureLayer, convolution: Conv2d)] = []
        for featureLayer in Self.featureLayers(depth, widths: widths) {
            // The first sees the border's pixels repeated instead of a black frame: see `callAsFunction`.
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

    /// The layers up to `last` with weights of a VGG of this depth; other keys, such as those of a classifier, are left.
    ///
    /// - Throws: `ParameterMismatch` for keys that are missing or misshapen.
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

    /// Maps after the ReLU of the layers in `names`. x: [N, 3, H, W] -> [N, channels, H / 2^stage, W / 2^stage].
    ///
    /// The picture's border pixels are repeated around it: zeros are a colour, and would draw an edge along the border.
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
