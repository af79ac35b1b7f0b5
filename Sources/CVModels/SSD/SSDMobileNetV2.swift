import CVNN
import CVTensor

/// SSD (Liu et al. 2016, arXiv:1512.02325) on MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), as in TensorFlow's model zoo
/// (`ssd_mobilenet_v2_coco_2018_03_29`): 15.2 million parameters for 80 classes.
///
/// x: [N, 3, H, W], RGB from -1 to 1, 300 × 300 as a rule -> six grids, of strides 16 to 300. The comments give the shapes for that.
///
/// The padding is TensorFlow's SAME. Keys are those that torchvision has for its SSDlite, with the features of its MobileNetV2:
/// `backbone.features.0.0.weight`, …, `backbone.features.18.1.weight`, `backbone.extra.0.0.0.weight`, …,
/// `head.classification_head.module_list.0.weight`, …, `head.regression_head.module_list.5.bias`. There is no class for the
/// background: each score is a sigmoid of its own.
public struct SSDMobileNetV2: SSDNetwork {
    /// Number of classes.
    public let classCount: Int
    /// The shapes of the boxes of its cells.
    public static let anchors = SSDAnchors()

    let backbone: SSDMobileNetV2Backbone
    let scores, boxes: [Conv2d]

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - classes: number of classes.
    ///   - p: the scope of the parameters.
    public init(classes: Int = 80, _ p: ParameterScope) {
        classCount = classes
        backbone = SSDMobileNetV2Backbone(p.scope("backbone"))
        func head(_ name: String, values: Int) -> [Conv2d] {
            let scope = p.scope("head").scope(name).scope("module_list")
            return SSDMobileNetV2Backbone.channels.enumerated().map { level, cin in
                Conv2d(
                    cin, Self.anchors.count(level) * values, kernel: 3, samePadding: true, scope.scope("\(level)"))
            }
        }
        scores = head("classification_head", values: classes)
        boxes = head("regression_head", values: 4)
    }

    /// The raw outputs of the six heads.
    ///
    /// - Parameter x: [N, 3, H, W], RGB from -1 to 1, of any size.
    /// - Returns: the grids, the finest first: 19 × 19, 10 × 10, 5 × 5, 3 × 3, 2 × 2 and 1 × 1 cells for 300 × 300.
    public func callAsFunction(_ x: Tensor) -> [SSDGrid] {
        let (height, width) = (x.shape[2], x.shape[3])
        return backbone(x).enumerated().map { level, maps in
            SSDGrid(
                scores: scores[level](maps), values: boxes[level](maps),
                anchors: Self.anchors.shapes(level), inputWidth: width, inputHeight: height)
        }
    }
}

/// MobileNetV2 without its classifier, and four layers that halve the size further.
///
/// x: [N, 3, H, W] -> six feature maps; the first is the wide one within the 14th block.
struct SSDMobileNetV2Backbone: Sendable {
    /// Of the feature maps.
    static let channels = [576, 1280, 512, 256, 256, 128]

    /// Before the 14th block, and after it.
    let early, late: Sequential
    let middle: InvertedResidual
    let extra: [Sequential]

    init(_ p: ParameterScope) {
        let convention = InvertedResidual.Convention.tensorFlow
        let features = Sequential(
            MobileNetV2.blocks(channels: 3, convention) + [{ convention.layer(320, 1280, kernel: 1, .relu6, $0) }],
            p.scope("features"))
        guard let block = features.layers[14] as? InvertedResidual else {
            preconditionFailure("the 14th layer of MobileNetV2 is \(features.layers[14])")
        }
        (early, middle, late) = (features[..<14], block, features[15...])
        let scope = p.scope("extra")
        extra = zip(Self.channels.dropFirst(), Self.channels.dropFirst(2)).enumerated().map { index, channels in
            let (cin, cout) = channels
            let narrow = cout / 2
            return Sequential(
                [
                    { convention.layer(cin, narrow, kernel: 1, .relu6, $0) },
                    { convention.layer(narrow, narrow, kernel: 3, stride: 2, groups: narrow, .relu6, $0) },
                    { convention.layer(narrow, cout, kernel: 1, .relu6, $0) },
                ], scope.scope("\(index)"))
        }
    }

    func callAsFunction(_ x: Tensor) -> [Tensor] {
        let wide = middle.wide[0](early(x))  // [576, 19, 19]
        var maps = [wide, late(middle.project(middle.wide[1](wide)))]  // [1280, 10, 10]
        for layer in extra { maps.append(layer(maps[maps.count - 1])) }  // [512, 5, 5] … [128, 1, 1]
        return maps
    }
}
