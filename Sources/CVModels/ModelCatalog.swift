import CVNN

/// The networks of this library by the name that a weight file gives in its metadata.
public enum ModelCatalog {
    /// Keys and shapes that weights of `model` must have; nil for a name that is not known.
    ///
    /// classes: as many as the weights have labels.
    public static func shapes(of model: String, classes: Int) -> [String: [Int]]? {
        switch model {
        case "yolov3-tiny": shapes { YOLOv3Tiny(classes: classes, $0) }
        default: nil
        }
    }

    private static func shapes(_ make: (ParameterScope) -> some Any) -> [String: [Int]] {
        Dictionary(uniqueKeysWithValues: parameterShapes(make).map { ($0.name, $0.shape.dimensions) })
    }
}
