import CVNN
import CVTensor

/// What the output of a network for landmarks means.
public enum LandmarkHead: String, Sendable, CaseIterable {
    /// [N, 1 + 2K]: the logit of p_c, whether there is an object at all, and then x and y of each point as fractions of the
    /// input's width and height.
    case regression
    /// [N, K, h, w]: a map for each point, high where it is.
    case heatmap
}

/// A network for a fixed set of points of an object, such as the corners of the eyes of a face.
///
/// Images [N, channels, H, W] -> what `head` says.
public protocol LandmarkNetwork: Layer {
    /// What the output means.
    var head: LandmarkHead { get }
}

extension ModelSpec {
    /// The network of a spec whose task is `.landmarks`.
    ///
    /// - Parameters:
    ///   - points: how many points an object has.
    ///   - input: the size of one image; nil for `defaultInput`.
    ///   - p: where it declares its parameters.
    /// - Returns: the network.
    /// - Precondition: the task is `.landmarks`.
    public func makeLandmarkNetwork(
        points: Int, input: Input? = nil, _ p: ParameterScope
    ) -> any LandmarkNetwork {
        guard case .landmarks(let network) = make(classes: points, input: input, p) else {
            preconditionFailure("\(name) is a network for the task \(task), not for landmarks")
        }
        return network
    }
}

/// A small encoder for images from which a few points are to be found, trained from scratch: plain 3×3 convolutions with batch
/// normalization, two at each size.
///
/// x: [N, channels, H, W] -> feature maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size, rounded up. 0.26 million parameters.
struct SmallEncoder: SegmentationEncoder {
    static let widths = [16, 24, 40, 64, 96]
    let stages: [[ConvNorm]]

    init(channels: Int, _ p: ParameterScope) {
        stages = zip([channels] + Self.widths, Self.widths).enumerated().map { index, widths in
            let position = p.scope("\(index)")
            return [
                ConvNorm(widths.0, widths.1, kernel: 3, stride: 2, .relu, keys: ("conv1", "bn1"), position),
                ConvNorm(widths.1, widths.1, kernel: 3, .relu, keys: ("conv2", "bn2"), position),
            ]
        }
    }

    func maps(_ x: Tensor) -> [Tensor] {
        var (y, found) = (x, [Tensor]())
        for stage in stages {
            for layer in stage { y = layer(y) }
            found.append(y)
        }
        return found
    }
}
