extension MobileNetV3 {
    /// The facts of both sizes for the registry.
    static let specs = Size.allCases.map { size in
        ModelSpec(
            "mobilenet_v3_\(size)", "MobileNetV3, \(size) (Howard et al. 2019, arXiv:1905.02244)", task: .classify,
            input: .photograph, classes: 1000, preparation: .imageNet, headScopes: ["classifier.3"],
            build: { .classifier(MobileNetV3(size, channels: $1.channels, classes: $0, $2)) })
    }
}
