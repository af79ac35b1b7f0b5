extension MobileNetV2 {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "mobilenet_v2", "MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381)", task: .classify, input: .photograph,
        classes: 1000, preparation: .imageNet, headScopes: ["classifier"],
        build: { .classifier(MobileNetV2(channels: $1.channels, classes: $0, $2)) })
}
