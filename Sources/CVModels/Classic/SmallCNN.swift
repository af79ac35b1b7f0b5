import CVNN
import CVTensor

/// The small network of PyTorch's MNIST example: two convolutions, one pooling, two linear layers; without its dropout.
///
/// x: [N, 1, 28, 28] -> logits [N, classes]. 1,199,882 parameters. Keys: `conv1`, `conv2`, `fc1`, `fc2`.
public struct SmallCNN: SlidingClassifier {
    let conv1, conv2: Conv2d
    let fc1, fc2: Linear
    let pool = MaxPool2d(2)

    /// Sides below this leave nothing for the pooling.
    static let minimumSide = 6

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - height: rows of the input images.
    ///   - width: columns of the input images.
    ///   - classes: number of logits.
    ///   - p: the scope of the parameters.
    public init(
        channels: Int = 1, height: Int = 28, width: Int = 28, classes: Int = 10, _ p: ParameterScope
    ) {
        precondition(
            min(height, width) >= Self.minimumSide, "SmallCNN: \(height)×\(width), at least \(Self.minimumSide) a side")
        conv1 = Conv2d(channels, 32, kernel: 3, p.scope("conv1"))
        conv2 = Conv2d(32, 64, kernel: 3, p.scope("conv2"))
        fc1 = Linear(64 * ((height - 4) / 2) * ((width - 4) / 2), 128, p.scope("fc1"))
        fc2 = Linear(128, classes, p.scope("fc2"))
    }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 64, (H - 4) / 2, (W - 4) / 2].
    public func maps(_ x: Tensor) -> Tensor {
        let relu = Activation.relu
        let y = relu(conv1(x))  // [32, 26, 26]
        return pool(relu(conv2(y)))  // [64, 12, 12]
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 128].
    public func backbone(_ x: Tensor) -> Tensor { Activation.relu(fc1(Flatten()(maps(x)))) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 128].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc2(features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc2" }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [Flatten(), fc1, Activation.relu, fc2] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 2 }
}
