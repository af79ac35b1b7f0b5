extension MobileNetV1 {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "mobilenet_v1", "MobileNet (Howard et al. 2017, arXiv:1704.04861)", task: .classify, input: .photograph,
        classes: 1000, preparation: .imageNet, headScopes: ["fc"],
        build: { .classifier(MobileNetV1(channels: $1.channels, classes: $0, $2)) })
}
