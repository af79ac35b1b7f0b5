import CVNN
import CVTensor

/// LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition").
///
/// x: [N, 1, 28, 28] -> logits [N, classes]; padded by two zeros to the 32 × 32 of the paper. 61,706 parameters.
/// Keys: `conv1`, `conv2`, `conv3`, `fc1`, `fc2`.
///
/// Differences from the paper, as in most modern versions: the pooling layers S2 and S4 are plain means, without a
/// learned scale and bias; each feature map of C3 is connected to all of S2 instead of some; tanh is not scaled; the
/// output is linear, for a softmax, instead of distances to drawn digits.
public struct LeNet5: SlidingClassifier {
    let conv1, conv2, conv3: Conv2d
    let fc1, fc2: Linear
    let pool = AvgPool2d(2)
    let activation: Activation

    /// Sides below this leave nothing for the last convolution.
    static let minimumSide = 28

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - channels: of the input images.
    ///   - height: rows of the input images.
    ///   - width: columns of the input images.
    ///   - classes: number of logits.
    ///   - activation: `.tanh` as in the paper, or `.relu`.
    ///   - p: the scope of the parameters.
    public init(
        channels: Int = 1, height: Int = 28, width: Int = 28, classes: Int = 10, activation: Activation = .tanh,
        _ p: ParameterScope
    ) {
        precondition(
            min(height, width) >= Self.minimumSide, "LeNet5: \(height)×\(width), at least \(Self.minimumSide) a side")
        self.activation = activation
        conv1 = Conv2d(channels, 6, kernel: 5, padding: 2, p.scope("conv1"))
        conv2 = Conv2d(6, 16, kernel: 5, p.scope("conv2"))
        conv3 = Conv2d(16, 120, kernel: 5, p.scope("conv3"))
        fc1 = Linear(120 * Self.positions(height) * Self.positions(width), 84, p.scope("fc1"))
        fc2 = Linear(84, classes, p.scope("fc2"))
    }

    /// The feature maps before the classification head.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 120, h, w], 1 × 1 for 28 × 28 pixels.
    public func maps(_ x: Tensor) -> Tensor {
        var y = pool(activation(conv1(x)))  // [6, 14, 14]
        y = pool(activation(conv2(y)))  // [16, 5, 5]
        return activation(conv3(y))  // [120, 1, 1]
    }

    /// The features that the classification head receives.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, 84].
    public func backbone(_ x: Tensor) -> Tensor { activation(fc1(Flatten()(maps(x)))) }

    /// The classification head.
    ///
    /// - Parameter features: the features, [N, 84].
    /// - Returns: logits, [N, classes].
    public func head(_ features: Tensor) -> Tensor { fc2(features) }

    /// The key prefix of the parameters that depend on the number of classes.
    public var headScope: String { "fc2" }

    /// The layers from the feature maps to the logits.
    public var classificationHead: [any Layer] { [Flatten(), fc1, activation, fc2] }

    /// Input pixels per pixel of the feature maps.
    public var outputStride: Int { 4 }

    /// Positions of the last convolution along a side of the input.
    private static func positions(_ side: Int) -> Int { (side / 2 - 4) / 2 - 4 }
}
