import CVNN
import CVTensor

/// dlib's ResNet-29 for faces (King 2017, after He et al. 2015, arXiv:1512.03385): a face as 128 numbers, which are compared
/// by their Euclidean distance.
///
/// x: [N, 3, 150, 150], RGB, (level - (122.782, 117.001, 104.298)) / 256, a face chip -> [N, 128].
///
/// ResNet-34 with fewer layers and half the filters. Convolutions of stride 2 have no padding; shortcuts have no weights: mean
/// pooling, and channels of zeros. Where the two differ in size, the smaller is padded with zeros. The affine layers, which
/// training had as batch-norms, are folded into the convolutions. Keys: `conv`, `layers.0.conv1`, `layers.0.conv2`, …, `fc`.
public struct DlibFace: EmbeddingNetwork {
    /// 128.
    public let dimension = 128

    let conv: ConvNorm
    let layers: [Block]
    let fc: Linear

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        conv = ConvNorm(Conv2d(3, 32, kernel: 7, stride: 2, p.scope("conv")), nil, .relu)
        var layers: [Block] = []
        var cin = 32
        for (cout, count, stride) in [(32, 3, 1), (64, 4, 2), (128, 3, 2), (256, 3, 2), (256, 1, 2)] {
            for index in 0..<count {
                let scope = p.scope("layers").scope("\(layers.count)")
                layers.append(Block(cin, cout, stride: index == 0 ? stride : 1, scope))
                cin = cout
            }
        }
        self.layers = layers
        fc = Linear(256, dimension, bias: false, p.scope("fc"))
    }

    /// The embeddings of face chips.
    ///
    /// - Parameter x: [N, 3, 150, 150], preprocessed.
    /// - Returns: [N, 128].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let y = maxPool2d(conv(x), ConvGeometry(kernel: 3, stride: 2))  // [32, 35, 35]
        return fc(GlobalAvgPool()(layers.reduce(y) { $1($0) }))
    }

    /// Two convolutions of 3×3 and a shortcut without weights.
    struct Block: Layer {
        let conv1: ConvNorm
        let conv2: Conv2d
        let isDown: Bool
        let added: Int

        init(_ cin: Int, _ cout: Int, stride: Int, _ p: ParameterScope) {
            conv1 = ConvNorm(
                Conv2d(cin, cout, kernel: 3, stride: stride, padding: stride == 1 ? 1 : 0, p.scope("conv1")), nil, .relu
            )
            conv2 = Conv2d(cout, cout, kernel: 3, padding: 1, p.scope("conv2"))
            (isDown, added) = (stride > 1, cout - cin)
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            let y = conv2(conv1(x))
            var shortcut = isDown ? averagePool2d(x, ConvGeometry(kernel: 2, stride: 2)) : x
            if added > 0 { shortcut = shortcut.paddedChannels(before: 0, after: added) }
            let (height, width) = (max(y.shape[2], shortcut.shape[2]), max(y.shape[3], shortcut.shape[3]))
            return Activation.relu(y.grown(height, width) + shortcut.grown(height, width))
        }
    }
}

extension Tensor {
    /// With zeros below and to the right, up to a size.
    fileprivate func grown(_ height: Int, _ width: Int) -> Tensor {
        if shape[2] == height, shape[3] == width { return self }
        return pad2d(self, bottom: height - shape[2], right: width - shape[3])
    }
}
