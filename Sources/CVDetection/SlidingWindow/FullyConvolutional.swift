import CVCore
import CVModels
import CVNN
import CVTensor

/// A classifier that looks at every window of a larger picture in one pass: its linear layers become convolutions with the
/// same weights (Sermanet et al. 2013, arXiv:1312.6229, "OverFeat", section 3.5).
///
/// x: [N, C, H, W], at least of the window's size -> logits [N, classes, h, w]. The place (i, j) is the window whose top left
/// pixel is (i · stride, j · stride); of one window the logits are those of the classifier.
///
/// The first linear layer after maps of 5 × 5 is a convolution of 5 × 5, and each after it one of 1 × 1; the mean over the
/// maps of a window becomes a mean that moves. What neighbouring windows share is computed once.
///
/// Equal to cutting the windows out, for a network without padding (`logistic`, `fully-connected`, `small-cnn`). A padded
/// one sees zeros around a window that was cut out, and here the picture that goes on: its logits differ, though as a rule
/// not what they say.
public struct FullyConvolutional: Layer {
    /// The size that the classifier was trained for.
    public let window: ClassifierArchitecture.Input
    /// Pixels from one window to the next.
    public let stride: Int

    private let network: any SlidingClassifier
    private let classificationHead: [any Layer]

    /// The parameters are those of `network`, not copies: whoever trains one trains both.
    ///
    /// - Throws: `SlidingWindowError` for a network that cannot be moved over a picture, or not with this window.
    public init(
        _ network: any ClassifierNetwork, window: ClassifierArchitecture.Input
    ) throws(SlidingWindowError) {
        guard let network = network as? any SlidingClassifier else { throw .notConvolutional("\(type(of: network))") }
        self.network = network
        self.window = window
        stride = network.outputStride
        // One window tells the size of the maps, whatever paddings and roundings are before them.
        let maps = network.maps(.shapeOnly([1, window.channels, window.height, window.width])).shape
        var conversion = Conversion(window: window, height: maps[2], width: maps[3])
        classificationHead = try conversion.convert(network.classificationHead)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        precondition(
            x.shape.rank == 4 && x.shape[2] >= window.height && x.shape[3] >= window.width,
            "FullyConvolutional: \(x.shape) for a window of \(window)")
        return classificationHead.reduce(network.maps(x)) { $1($0) }
    }
}

/// Turns layers that see the maps of one window into layers that move over the maps of a picture.
private struct Conversion {
    let window: ClassifierArchitecture.Input
    /// The maps of one window before the next layer.
    var height, width: Int

    mutating func convert(_ layers: [any Layer]) throws(SlidingWindowError) -> [any Layer] {
        var converted: [any Layer] = []
        for layer in layers {
            if let next = try convert(layer) { converted.append(next) }
        }
        return converted
    }

    /// Nil for a layer that only changes the view.
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

/// A linear layer over the maps of a window, as a convolution. x: [N, C, h, w] -> [N, out, h - height + 1, w - width + 1].
private struct LinearWindow: Layer {
    let linear: Linear
    let height, width: Int

    func callAsFunction(_ x: Tensor) -> Tensor {
        let shape = linear.weight.shape
        // The order of memory is that of `Flatten`: [out, C · height · width] is [out, C, height, width].
        let kernels = linear.weight.value(on: x).reshaped([shape[0], shape[1] / (height * width), height, width])
        let geometry = ConvGeometry(y: .init(kernel: height), x: .init(kernel: width))
        return conv2d(x, kernels, bias: linear.bias?.value(on: x), geometry)
    }
}

/// The mean over a window of maps, for each place of it. x: [N, C, h, w] -> [N, C, h - height + 1, w - width + 1].
private struct MovingAverage: Layer {
    let height, width: Int

    func callAsFunction(_ x: Tensor) -> Tensor {
        averagePool2d(x, ConvGeometry(y: .init(kernel: height), x: .init(kernel: width)))
    }
}
