extension VGG {
    /// The facts of all depths for the registry, first without batch normalization.
    static let specs = [false, true].flatMap { batchNorm in Depth.allCases.map { spec($0, batchNorm: batchNorm) } }

    private static func spec(_ depth: Depth, batchNorm: Bool) -> ModelSpec {
        ModelSpec(
            "vgg\(depth.rawValue)\(batchNorm ? "_bn" : "")",
            "VGG-\(depth.rawValue)\(batchNorm ? " with batch-norm" : "") (Simonyan & Zisserman 2014, arXiv:1409.1556)",
            task: .classify, input: .photograph, classes: 1000, limits: .init(minimumSide: minimumSide),
            preparation: .imageNet, headScopes: ["classifier.6"],
            build: { .classifier(VGG(depth, batchNorm: batchNorm, channels: $1.channels, classes: $0, $2)) })
    }

    /// The depth of the network of this name whose convolutions are those of `VGGFeatures`; nil for other names.
    ///
    /// - Parameter name: `vgg11`, `vgg13`, `vgg16`, `vgg19` or `vgg16-hed`.
    package static func featureDepth(of name: String) -> Depth? {
        if name == VGGFeatures.hedSpec.name { return .vgg16 }
        return Depth.allCases.first { name == "vgg\($0.rawValue)" }
    }
}
