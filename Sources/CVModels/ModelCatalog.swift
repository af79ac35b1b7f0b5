import CVNN

/// The networks of this library by the name that a weight file gives in its metadata.
public enum ModelCatalog {
    /// Keys and shapes that weights of `model` must have; nil for a name that is not known.
    ///
    /// classes: as many as the weights have labels. input: what a classifier was made for, if not the default; nil is also
    /// given for one that it cannot take. headless: without the keys of a classifier's head, which weights for features
    /// do not have.
    public static func shapes(
        of model: String, classes: Int, input: ClassifierArchitecture.Input? = nil, headless: Bool = false
    ) -> [String: [Int]]? {
        if let detector = DetectorArchitecture(rawValue: model) {
            return shapes { detector.make(classes: classes, $0) }
        }
        guard let architecture = try? ClassifierArchitecture.named(model) else { return nil }
        let input = input ?? architecture.defaultInput
        // No memory is taken for shapes, however many classes a file claims to have.
        guard (try? architecture.check(classes: 1, input: input)) != nil else { return nil }
        if !headless { return shapes { architecture.make(classes: classes, input: input, $0) } }
        var head = ""
        let all = shapes { p in
            let network = architecture.make(classes: 1, input: input, p)
            head = network.headScope + "."
            return network
        }
        return all.filter { !$0.key.hasPrefix(head) }
    }

    private static func shapes(_ make: (ParameterScope) -> some Any) -> [String: [Int]] {
        Dictionary(uniqueKeysWithValues: parameterShapes(make).map { ($0.name, $0.shape.dimensions) })
    }
}
