/// The identity of a step of a computation: the operation and its attributes.
///
/// A tape records it (`Tape.observing(_:during:)`); summaries, activation captures, importers and exporters work with
/// it. Together with the inputs, in the order that each case lists, it suffices to compute the step again; the
/// exception is `loss`, whose targets are not tensors. The cases have the names of the functions in CVTensor, where
/// shapes and PyTorch counterparts are documented.
///
/// Foundation has a class of the same name. In a file that imports both, write `CVTensor.Operation`:
///
/// ```swift
/// import CVTensor
/// import Foundation
///
/// func isConvolution(_ operation: CVTensor.Operation) -> Bool {
///     if case .conv2d = operation { true } else { false }
/// }
/// ```
public enum Operation: Sendable, Equatable {
    // MARK: Leaves: values that no step of the tape computed.

    /// A tensor watched as an input.
    case input
    /// The value of a parameter or of a buffer, by its key in a checkpoint, such as `layer1.0.conv1.weight`.
    case parameter(String)
    /// A tensor that no tape watches, such as a fixed filter.
    case constant

    // MARK: Convolutions and products

    /// Inputs: x, weight, and the bias if there is one.
    case conv2d(ConvGeometry)
    /// Inputs: x, weight, and the bias if there is one. The output paddings are additional rows and columns.
    case convTranspose2d(ConvGeometry, outputPaddingY: Int, outputPaddingX: Int)
    /// Inputs: x, weight, and the bias if there is one.
    case linear
    /// Over the last two dimensions. Inputs: a and b.
    case matmul(transposeB: Bool)
    /// The last two dimensions exchanged. Input: x.
    case transpose
    /// Products of all pairs of feature maps. Input: x, [N, C, H, W].
    case gram

    // MARK: Normalization

    /// With the statistics gathered in training. Inputs: x, weight, bias, mean, variance.
    case batchNorm(epsilon: Float)
    /// With the statistics of the batch, then `activation`. Inputs: x, weight, bias, and a residual if there is one,
    /// which is added before the activation.
    case batchNormTraining(epsilon: Float, activation: Activation)
    /// Inputs: x, the weight if `hasWeight`, the bias if `hasBias`.
    case groupNorm(groups: Int, epsilon: Float, hasWeight: Bool, hasBias: Bool)
    /// Inputs: x, the weight if `hasWeight`, the bias if `hasBias`.
    case instanceNorm(epsilon: Float, hasWeight: Bool, hasBias: Bool)
    /// Input: x.
    case localResponseNorm(size: Int, alpha: Float, beta: Float, k: Float)
    /// Rows divided by their Euclidean lengths. Input: x, [N, D].
    case l2Normalize(epsilon: Float)

    // MARK: Elementwise

    /// Input: x.
    case activation(Activation)
    /// Inputs: x, and the slopes of its channels.
    case prelu
    /// Inputs: a and b, broadcast to each other.
    case add
    /// Inputs: a and b, broadcast to each other.
    case multiply
    /// x · factor + term. Input: x.
    case scale(factor: Float, term: Float)
    /// Input: x. The mask follows from the seed.
    case dropout(probability: Float, seed: UInt64)
    /// Input: x. The result has the same values; only the gradient differs.
    case identity

    // MARK: Shape

    /// Input: x.
    case reshape(Shape)
    /// Input: x, repeated along dimensions of 1.
    case broadcast(Shape)
    /// The sum over the dimensions along which this shape would be broadcast to that of the input.
    case sum(Shape)
    /// Inputs: all parts.
    case concatenate(axis: Int)
    /// Input: x.
    case slice(axis: Int, range: Range<Int>)
    /// Zero channels before and after those of the input.
    case padChannels(before: Int, after: Int)
    /// Rows along dimension 0, in this order. Input: x.
    case selectRows([Int])

    // MARK: Pooling and resampling. The input is x, [N, C, H, W].

    /// Largest value under each window.
    case maxPool2d(ConvGeometry, ceilMode: Bool)
    /// Mean under each window.
    case averagePool2d(ConvGeometry, ceilMode: Bool, countIncludePadding: Bool)
    /// Means over bins that cover the image; a global mean is one of 1×1.
    case adaptiveAveragePool2d(height: Int, width: Int)
    /// A border around each image.
    case pad2d(top: Int, bottom: Int, left: Int, right: Int, mode: PaddingMode)
    /// Every pixel `factor` times in both directions.
    case upsampleNearest(factor: Int)
    /// Nearest-neighbor sampling to any size.
    case resizeNearest(height: Int, width: Int)
    /// To another size by linear interpolation.
    case upsampleBilinear(height: Int, width: Int, alignCorners: Bool)
    /// Every `stride`-th pixel of every `stride`-th row.
    case subsample(stride: Int)
    /// y(i, j) = x(rows[i], columns[j]), 0 where an index is -1.
    case gather(rows: [Int], columns: [Int])

    /// Regions of images, each brought to one size by interpolation.
    case roiAlign(
        regions: [RegionOfInterest], height: Int, width: Int, scale: Float, samples: Int?, isAligned: Bool)

    // MARK: Along one dimension

    /// Input: x. The axis is counted from the first.
    case softmax(axis: Int)
    /// Input: x. The axis is counted from the first.
    case logSoftmax(axis: Int)

    // MARK: Comparison

    /// |a - b|. Inputs: a and b, of the same shape.
    case absoluteDifference
    /// (a - b)² / (a + b + epsilon). Inputs: a and b, of the same shape, not negative.
    case chiSquaredDifference(epsilon: Float)
    /// cos(θ + margin) in place of the cosine of each row's own class. Input: cosines, [N, classes].
    case angularMargin(classes: [Int], margin: Float)

    // MARK: Losses

    /// A loss, by the name of its function. Inputs: the tensors that it compares; classes as whole numbers are not
    /// among them.
    case loss(String)
}

extension Operation {
    /// Whether no step computed it: an input, a parameter or a constant.
    public var isLeaf: Bool {
        switch self {
        case .input, .parameter, .constant: true
        default: false
        }
    }

    /// The name of the operation without its attributes, such as `conv2d`, `relu` or `+`, for tables.
    public var name: String {
        switch self {
        case .input: "input"
        case .parameter: "parameter"
        case .constant: "constant"
        case .conv2d: "conv2d"
        case .convTranspose2d: "convTranspose2d"
        case .linear: "linear"
        case .matmul: "matmul"
        case .transpose: "transposed"
        case .gram: "gram"
        case .batchNorm, .batchNormTraining: "batchNorm"
        case .groupNorm: "groupNorm"
        case .instanceNorm: "instanceNorm"
        case .localResponseNorm: "localResponseNorm"
        case .l2Normalize: "l2Normalized"
        case .activation(let activation): activation.name
        case .prelu: "prelu"
        case .add: "+"
        case .multiply: "*"
        case .scale: "scaled"
        case .dropout: "dropout"
        case .identity: "identity"
        case .reshape: "reshaped"
        case .broadcast: "broadcast"
        case .sum: "sum"
        case .concatenate: "concatenate"
        case .slice: "slice"
        case .padChannels: "padChannels"
        case .selectRows: "selectRows"
        case .maxPool2d: "maxPool2d"
        case .averagePool2d: "averagePool2d"
        case .adaptiveAveragePool2d: "adaptiveAveragePool2d"
        case .pad2d: "pad2d"
        case .upsampleNearest, .resizeNearest: "upsampleNearest"
        case .upsampleBilinear: "upsampleBilinear"
        case .subsample: "subsampled"
        case .gather: "gathered"
        case .roiAlign: "roiAlign"
        case .softmax: "softmax"
        case .logSoftmax: "logSoftmax"
        case .absoluteDifference: "absoluteDifference"
        case .chiSquaredDifference: "chiSquaredDifference"
        case .angularMargin: "angularMargin"
        case .loss(let name): name
        }
    }
}

extension Activation {
    /// The name of the case, such as `leakyReLU`.
    public var name: String {
        switch self {
        case .linear: "linear"
        case .relu: "relu"
        case .relu6: "relu6"
        case .leakyReLU: "leakyReLU"
        case .sigmoid: "sigmoid"
        case .silu: "silu"
        case .mish: "mish"
        case .tanh: "tanh"
        case .elu: "elu"
        case .hardSwish: "hardSwish"
        case .hardSigmoid: "hardSigmoid"
        }
    }
}
