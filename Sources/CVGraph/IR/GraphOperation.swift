import CVTensor

/// What a node computes: an operation as a tape records it, or one that passes have put together of several.
public enum GraphOperation: Sendable {
    /// As recorded. Inputs: those that the case lists; parameters are values, too.
    case tensor(CVTensor.Operation)
    /// A convolution with what follows. Inputs: x, and the residual if there is one.
    case convolution(FusedConvolution)
    /// `activation(a + b)`. Inputs: a and b, of the same shape.
    case add(Activation)
    /// `activation(scale · x + shift)`, by channel. Input: x.
    case affine(scale: Tensor, shift: Tensor, Activation)
    /// x times the gates that two 1×1 convolutions make of its channels' means. Input: x.
    case squeezeExcite(FusedConvolution, FusedConvolution)

    /// What it is, for tables.
    public var name: String {
        switch self {
        case .tensor(let operation): operation.name
        case .convolution(let convolution): convolution.name
        case .add(let activation): "add" + activation.suffix
        case .affine(_, _, let activation): "affine" + activation.suffix
        case .squeezeExcite: "squeezeExcite"
        }
    }
}

/// A convolution, a transposed one, or a product with a matrix, and what is applied to its result.
///
/// y = `activation(conv(x) + bias + residual)`; the weight of a linear layer is one of a 1×1 convolution.
public struct FusedConvolution: Sendable {
    /// How the window moves.
    public var geometry: ConvGeometry
    /// [Cout, Cin / groups, kernel, kernel]; of a transposed convolution [Cin, Cout / groups, kernel, kernel].
    ///
    /// Without the factors of `scale`: what a normalization multiplies by is not applied before weights are packed, so that there
    /// is no further copy of them.
    public var storedWeight: Tensor
    /// [Cout], by which the filters of each output channel are to be multiplied; nil for 1.
    public var scale: Tensor?
    /// [Cout], or none.
    public var bias: Tensor?
    /// The last step.
    public var activation: Activation
    /// Whether the second input is added before the activation.
    public var hasResidual: Bool
    /// Of a transposed convolution: additional rows and columns; nil for a convolution.
    public var transposed: OutputPadding?
    /// The key of the weight, for tables.
    public var key: String?

    /// Rows and columns that a transposed convolution adds to its result.
    public struct OutputPadding: Sendable, Equatable {
        /// Additional rows.
        public let y: Int
        /// Additional columns.
        public let x: Int
    }

    /// The shape of the weight.
    public var weightShape: Shape { storedWeight.shape }

    /// Output channels.
    public var cout: Int { transposed == nil ? weightShape[0] : weightShape[1] * geometry.groups }

    /// Whether each channel is convolved by itself, one result for each.
    public var isDepthwise: Bool {
        transposed == nil && geometry.groups > 1 && weightShape[1] == 1 && geometry.groups == weightShape[0]
    }

    /// Whether it is a product with a matrix for each pixel.
    public var isPointwise: Bool {
        geometry.y == .init(kernel: 1) && geometry.x == .init(kernel: 1) && geometry.groups == 1 && transposed == nil
    }

    package var name: String {
        let (y, x) = (geometry.y, geometry.x)
        let kind = transposed != nil ? "convTranspose" : isDepthwise ? "depthwise" : "conv"
        let stride = max(y.stride, x.stride) > 1 ? "/\(max(y.stride, x.stride))" : ""
        return "\(kind) \(y.kernel)×\(x.kernel)\(stride)" + (hasResidual ? " + residual" : "") + activation.suffix
    }
}

extension Activation {
    /// What follows the name of a step that ends with it.
    package var suffix: String { self == .linear ? "" : " + " + name }
}
