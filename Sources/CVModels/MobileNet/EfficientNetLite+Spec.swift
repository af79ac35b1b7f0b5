extension EfficientNetLite {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "efficientnet-lite0", "EfficientNet-Lite0 (Liu 2020; Tan & Le 2019, arXiv:1905.11946)", task: .classify,
        input: .photograph, classes: 1000, preparation: .imageNet, headScopes: ["_fc"],
        build: { .classifier(EfficientNetLite(channels: $1.channels, classes: $0, $2)) })
}
