import CVNN

/// The networks of this library by the name that a weight file gives in its metadata.
public enum ModelCatalog {
    /// Keys and shapes that weights of `model` must have; nil for a name that is not known.
    ///
    /// classes: as many as the weights have labels. input: what a classifier was made for, if not the default; nil is also
    /// given for one that it cannot take. headless: without the keys of a classifier's head, which weights for features
    /// do not have. keys: those that the weights have, where some parts may be left out; none for all.
    public static func shapes(
        of model: String, classes: Int, input: ClassifierArchitecture.Input? = nil, headless: Bool = false,
        offered keys: [String] = []
    ) -> [String: [Int]]? {
        if let detector = DetectorArchitecture(rawValue: model) {
            return shapes(keys) { detector.make(classes: classes, $0) }
        }
        if model == "vgg16-hed" { return shapes(keys) { VGGFeatures(.vgg16, $0) } }
        if let architecture = try? SegmentationArchitecture.named(model) {
            return shapes(keys) { architecture.make(classes: classes, channels: input?.channels ?? 3, $0) }
        }
        if let form = ImageTransformNet.Variant(model) { return form.shapes(styles: classes) }
        if model == "selfie-segmentation" { return shapes(keys, SelfieSegmentation.init) }
        guard let architecture = try? ClassifierArchitecture.named(model) else { return nil }
        let input = input ?? architecture.defaultInput
        // No memory is taken for shapes, however many classes a file claims to have.
        guard (try? architecture.check(classes: 1, input: input)) != nil else { return nil }
        if !headless { return shapes(keys) { architecture.make(classes: classes, input: input, $0) } }
        var head = ""
        let all = shapes(keys) { p in
            let network = architecture.make(classes: 1, input: input, p)
            head = network.headScope + "."
            return network
        }
        return all.filter { !$0.key.hasPrefix(head) }
    }

    private static func shapes(_ keys: [String], _ make: (ParameterScope) -> some Any) -> [String: [Int]] {
        let shapes = ParameterSet.shapes(offered: keys, make)
        return Dictionary(uniqueKeysWithValues: shapes.map { ($0.name, $0.shape.dimensions) })
    }
}
