import CVNN

/// A network that finds objects, by the name that weight files use.
public enum DetectorArchitecture: String, Sendable, CaseIterable {
    case yolov3Tiny = "yolov3-tiny"
    case yolov3 = "yolov3"

    /// The network, for `initialized` or `load`.
    public func make(classes: Int, _ p: ParameterScope) -> any YOLONetwork {
        switch self {
        case .yolov3Tiny: YOLOv3Tiny(classes: classes, p)
        case .yolov3: YOLOv3(classes: classes, p)
        }
    }
}
