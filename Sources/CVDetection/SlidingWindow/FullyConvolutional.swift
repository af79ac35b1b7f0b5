import CVCore
import CVModels
import CVNN
import CVTensor

/// A classifier that is evaluated at every window of a larger image in one pass: its linear layers become convolutions with
/// the same weights (Sermanet et al. 2013, arXiv:1312.6229, "OverFeat", section 3.5).
///
/// Position (i, j) of the output is the window whose top left pixel is (i · stride, j · stride). For an input of the size of
/// one window the logits equal those of the classifier.
///
/// The first linear layer after feature maps of 5 × 5 becomes a 5 × 5 convolution, each later one a 1 × 1 convolution; global
/// average pooling becomes a moving average. Computation that neighboring windows share is done once.
///
/// For a network without padding (`logistic`, `fully-connected`, `small-cnn`) the result equals that of cropping the windows.
/// With padding, a cropped window is surrounded by zeros, but here by the rest of the image: the logits differ, though the
/// predicted class rarely does.
public struct FullyConvolutional: Layer {
    /// The size that the classifier was trained for.
    public let window: ModelSpec.Input
    /// Pixels from one window to the next.
    public let stride: Int

    private let network: any SlidingClassifier
    private let classificationHead: [any Layer]

    /// Converts a classifier. The parameters are shared with `network`: training one trains both.
    ///
    /// - Parameters:
    ///   - network: a classifier that conforms to `SlidingClassifier`.
    ///   - window: the input size of the classifier.
    /// - Throws: `SlidingWindowError` if the network cannot be made fully convolutional, or not for this window.
    public init(
        _ network: any ClassifierNetwork, window: ModelSpec.Input
    ) throws(SlidingWindowError) {
        guard let network = network as? any SlidingClassifier else { throw .notConvolutional("\(type(of: network))") }
        self.network = network
        self.window = window
        stride = network.outputStride
        // A shape-only pass over one window computes the size of the feature maps, including all padding and rounding.
        let maps = network.maps(.shapeOnly([1, window.channels, window.height, window.width])).shape
        var conversion = Conversion(window: window, height: maps[2], width: maps[3])
        classificationHead = try conversion.convert(network.classificationHead)
    }

    /// The logits of all windows.
    ///
    /// - Parameter x: [N, C, H, W], at least of the size of the window.
    /// - Returns: [N, classes, h, w], one position per window.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        precondition(
            x.shape.rank == 4 && x.shape[2] >= window.height && x.shape[3] >= window.width,
            "FullyConvolutional: \(x.shape) for a window of \(window)")
        return classificationHead.reduce(network.maps(x)) { $1($0) }
    }
}

/// Converts layers over the feature maps of one window to layers that slide over the feature maps of an image.
private struct Conversion {
    let window: ModelSpec.Input
    /// The size of one window's feature maps before the next layer.
    var height, width: Int

    mutating func convert(_ layers: [any Layer]) throws(SlidingWindowError) -> [any Layer] {
        var converted: [any Layer] = []
        for layer in layers {
            if let next = try convert(layer) { converted.append(next) }
        }
        return converted
    }

    /// Nil for a layer that has no effect here, such as `Flatten`.
    private mutating func convert(_ layer: any Layer) throws(SlidingWindowError) -> (any Layer)? {
        switch layer {
        case is Flatten: return nil
        case is Activation, is Dropout: return layer
        case let pool as AdaptiveAvgPool2d:
            guard (pool.height, pool.width) == (height, width) else {
                throw .maps(window: window, found: [height, width], expected: [pool.height, pool.width])
            }
            return nil
        case is GlobalAvgPool:
            defer { (height, width) = (1, 1) }
            return MovingAverage(height: height, width: width)
        case let linear as Linear:
            defer { (height, width) = (1, 1) }
            return LinearWindow(linear: linear, height: height, width: width)
        case let conv as Conv2d where conv.weight.shape.dimensions.suffix(2) == [1, 1]: return conv
        default: throw .notConvolutional("\(type(of: layer))")
        }
    }
}

/// A linear layer over the feature maps of a window, as a convolution: [N, C, h, w] -> [N, out, h - height + 1, w - width + 1].
private struct LinearWindow: Layer {
    let linear: Linear
    let height, width: Int

    func callAsFunction(_ x: Tensor) -> Tensor {
        let shape = linear.weight.shape
        // The memory layout is that of `Flatten`: [out, C · height · width] is [out, C, height, width].
        let kernels = linear.weight.value(on: x).reshaped([shape[0], shape[1] / (height * width), height, width])
        let geometry = ConvGeometry(y: .init(kernel: height), x: .init(kernel: width))
        return conv2d(x, kernels, bias: linear.bias?.value(on: x), geometry)
    }
}

/// Average pooling with stride 1 over windows of feature maps: [N, C, h, w] -> [N, C, h - height + 1, w - width + 1].
private struct MovingAverage: Layer {
    let height, width: Int

    func callAsFunction(_ x: Tensor) -> Tensor {
        averagePool2d(x, ConvGeometry(y: .init(kernel: height), x: .init(kernel: width)))
    }
}
