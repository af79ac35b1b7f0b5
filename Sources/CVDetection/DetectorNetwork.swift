import CVModels
import CVTensor
import CVWeights

/// The raw output of one head of a detector.
public enum DetectionGrid: Sendable {
    /// Boxes of several classes, relative to anchors.
    case yolo(YOLOGrid)
    /// Boxes of several classes, relative to anchors, without objectness.
    case ssd(SSDGrid)
    /// Boxes of one class with keypoints.
    case keypoints(KeypointGrid)
    /// Classes and boxes of regions.
    case regions(RegionGrid)

    /// The tensors of the head.
    public var tensors: [Tensor] {
        switch self {
        case .yolo(let grid): [grid.values]
        case .ssd(let grid): [grid.scores, grid.values]
        case .keypoints(let grid): grid.scores + [grid.values]
        case .regions(let grid):
            [grid.scores, grid.values] + (grid.proposals.map { [$0.scores, $0.values] } ?? [])
        }
    }
}

/// The networks that a `Detector` can have.
enum DetectorNetwork: Sendable {
    case yolo(any YOLONetwork)
    case ssd(any SSDNetwork)
    case keypoints(any KeypointDetectorNetwork)
    /// With the preprocessing of its input, by which it sees the image to search for regions.
    case regions(RegionNetwork, Preprocessing)

    /// Nil for a network that finds no boxes.
    init?(_ network: ModelNetwork, _ preprocessing: Preprocessing) {
        switch network {
        case .detector(let network): self = .yolo(network)
        case .ssd(let network): self = .ssd(network)
        case .keypointDetector(let network): self = .keypoints(network)
        case .regions(let network): self = .regions(network, preprocessing)
        default: return nil
        }
    }

    var stride: Int {
        switch self {
        case .yolo(let network): network.stride
        // Its padding fits any size.
        case .ssd: 1
        case .keypoints(let network): network.stride
        case .regions: RegionNetwork.stride
        }
    }

    /// Whether its own check of an input sees to the memory that it takes.
    var knowsItsMemory: Bool {
        if case .yolo(let network) = self { network is DarknetNetwork } else { false }
    }

    /// Nil for a network whose results are no classes.
    var classCount: Int? {
        switch self {
        case .yolo(let network): network.classCount
        case .ssd(let network): network.classCount
        case .keypoints: nil
        case .regions(let network, _): network.classCount
        }
    }

    var defaultOptions: DetectionOptions {
        if case .ssd = self { .ssd } else { DetectionOptions() }
    }

    var keypointNames: [String] {
        switch self {
        case .yolo, .ssd, .regions: []
        case .keypoints(let network): network.keypointNames
        }
    }

    /// - Parameter model: named in the message.
    /// - Throws: `DarknetError` of a YOLO network, `DetectorError` of another.
    func checkInput(width: Int, height: Int, of model: String) throws {
        switch self {
        case .yolo(let network): try network.checkInput(width: width, height: height)
        case .ssd: break
        case .keypoints, .regions:
            guard width % stride == 0, height % stride == 0 else {
                throw DetectorError(model, .multiple(width: width, height: height, of: stride))
            }
        }
    }

    func callAsFunction(_ x: Tensor) -> [DetectionGrid] {
        switch self {
        case .yolo(let network): network(x).map { .yolo($0) }
        case .ssd(let network): network(x).map { .ssd($0) }
        case .keypoints(let network): network(x).map { .keypoints($0) }
        case .regions(let network, let preprocessing): [.regions(network.grid(x, preprocessing))]
        }
    }
}
