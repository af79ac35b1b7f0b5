import CVNN
import CVTensor

/// A detector that looks at regions where an object may be, and says of each what it is and where exactly: R-CNN (Girshick et al. 2014,
/// arXiv:1311.2524), Fast R-CNN (Girshick 2015, arXiv:1504.08083) and Faster R-CNN (Ren et al. 2015, arXiv:1506.01497), on
/// MobileNetV2 up to its features of stride 16.
///
/// The three differ in two answers:
///
/// | | where do regions come from? | what is a region cut out of? |
/// |---|---|---|
/// | R-CNN | selective search | the image: the encoder runs for each region |
/// | Fast R-CNN | selective search | the features: the encoder runs once for all |
/// | Faster R-CNN | a small network on the same features | the features |
///
/// The keys are those of torchvision's `FasterRCNN`, with `encoder` for `backbone`: `encoder.features.0.0.weight`, …,
/// `rpn.head.conv.0.0.weight`, `rpn.head.cls_logits.weight`, `rpn.head.bbox_pred.weight`, `roi_heads.box_head.fc6.weight`, …,
/// `roi_heads.box_predictor.bbox_pred.bias`. The first class of a region is the background.
public struct RegionNetwork: Sendable {
    /// Which of the three it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// R-CNN.
        case rcnn = "r-cnn"
        /// Fast R-CNN.
        case fastRCNN = "fast-r-cnn"
        /// Faster R-CNN.
        case fasterRCNN = "faster-r-cnn"
    }

    /// Which of the three it is.
    public let kind: Kind
    /// Number of classes without the background.
    public let classCount: Int
    /// The network that proposes regions; nil for those to which they are given.
    public let proposer: RegionProposer?
    private let encoder: Sequential
    private let head: RegionHead

    /// Pixels of the input for each cell of the features.
    public static let stride = 16
    /// Rows and columns of the features of a region.
    private static let side = 7
    /// Channels of the features.
    private static let channels = 96

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - kind: which of the three it is.
    ///   - classes: number of classes without the background.
    ///   - p: the scope of the parameters.
    public init(_ kind: Kind, classes: Int, _ p: ParameterScope) {
        (self.kind, classCount) = (kind, classes)
        // All blocks up to the last one of stride 16.
        encoder = Sequential(
            Array(MobileNetV2.blocks(channels: 3)[..<14]), p.scope(ModelSpec.Encoder.scope).scope("features"))
        proposer = kind == .fasterRCNN ? RegionProposer(channels: Self.channels, p.scope("rpn").scope("head")) : nil
        head = RegionHead(inputs: Self.channels * Self.side * Self.side, classes: classes, p.scope("roi_heads"))
    }

    /// The features of whole images, for networks that cut regions out of them.
    ///
    /// - Parameter x: [N, 3, H, W].
    /// - Returns: [N, 96, H / 16, W / 16], rounded up.
    public func features(_ x: Tensor) -> Tensor { encoder(x) }

    /// Says of regions what they show.
    ///
    /// - Parameters:
    ///   - regions: in pixels of the images, at least one.
    ///   - x: the images, [N, 3, H, W].
    ///   - features: `features(x)`; R-CNN needs none.
    /// - Returns: classes and boxes of the regions.
    public func scores(_ regions: [RegionOfInterest], of x: Tensor, features: Tensor?) -> RegionScores {
        guard let features, kind != .rcnn else {
            let side = Self.side * Self.stride
            return head(encoder(roiAlign(x, regions, height: side, width: side, isAligned: false)))
        }
        return head(
            roiAlign(
                features, regions, height: Self.side, width: Self.side, scale: 1 / Float(Self.stride),
                isAligned: false))
    }

    /// How many regions of an image it is trained on in a step: each costs R-CNN a run of the encoder.
    public var trainedRegions: Int { kind == .rcnn ? 16 : 64 }

    /// Runs all layers, on regions each of which is a whole image: for summaries and for estimates of memory.
    ///
    /// - Parameters:
    ///   - x: [N, 3, H, W].
    ///   - count: regions of each image; nil for as many as in training.
    /// - Returns: the numbers of the proposer, if there is one, then those of the regions.
    public func run(_ x: Tensor, regions count: Int? = nil) -> [Tensor] {
        let count = count ?? trainedRegions
        let (height, width) = (Float(x.shape[2]), Float(x.shape[3]))
        let regions = (0..<x.shape[0] * count).map {
            RegionOfInterest(image: $0 / count, minX: 0, minY: 0, maxX: width, maxY: height)
        }
        let features = kind == .rcnn ? nil : features(x)
        let proposals = features.flatMap { features in proposer.map { $0(features) } }
        let scores = scores(regions, of: x, features: features)
        return (proposals.map { [$0.scores, $0.values] } ?? []) + [scores.classes, scores.boxes]
    }
}

/// What a network says of regions.
public struct RegionScores: Sendable {
    /// Logits, [regions, 1 + classes]; the first is for the background.
    public let classes: Tensor
    /// The box of each class relative to the region, as `BoxCoder.regions` decodes it: [regions, (1 + classes) · 4].
    public let boxes: Tensor
}

/// Two layers on the features of a region, then two of one layer each: what it is, and where, for each class.
struct RegionHead: Sendable {
    private let fc6, fc7, classes, boxes: Linear
    private static let width = 256

    init(inputs: Int, classes: Int, _ p: ParameterScope) {
        let (hidden, predictor) = (p.scope("box_head"), p.scope("box_predictor"))
        fc6 = Linear(inputs, Self.width, hidden.scope("fc6"))
        fc7 = Linear(Self.width, Self.width, hidden.scope("fc7"))
        self.classes = Linear(Self.width, classes + 1, predictor.scope("cls_score"))
        boxes = Linear(Self.width, (classes + 1) * 4, predictor.scope("bbox_pred"))
    }

    func callAsFunction(_ maps: Tensor) -> RegionScores {
        let y = Activation.relu(fc7(Activation.relu(fc6(Flatten()(maps)))))
        return RegionScores(classes: classes(y), boxes: boxes(y))
    }
}

extension RegionNetwork {
    /// The facts of the three for the registry.
    static let specs: [ModelSpec] = Kind.allCases.map { kind in
        let summary =
            switch kind {
            case .rcnn: "R-CNN on MobileNetV2 (Girshick et al. 2014, arXiv:1311.2524)"
            case .fastRCNN: "Fast R-CNN on MobileNetV2 (Girshick 2015, arXiv:1504.08083)"
            case .fasterRCNN: "Faster R-CNN on MobileNetV2 (Ren et al. 2015, arXiv:1506.01497)"
            }
        return ModelSpec(
            kind.rawValue, summary, task: .detect, input: .init(channels: 3, height: 384, width: 512), classes: 80,
            limits: .init(channels: 3...3, minimumSide: 32, sideMultiple: 2 * stride),
            preparation: .letterboxedImageNet,
            headScopes: ["roi_heads.box_predictor.cls_score", "roi_heads.box_predictor.bbox_pred"],
            encoder: .init(model: "mobilenet_v2", weights: "mobilenet_v2-features"),
            build: { .regions(RegionNetwork(kind, classes: $0, $2)) })
    }
}
