extension AlexNet {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "alexnet", "AlexNet (Krizhevsky et al. 2012)", task: .classify, input: .photograph, classes: 1000,
        limits: .init(minimumSide: minimumSide), preparation: .imageNet, headScopes: ["classifier.6"],
        build: { .classifier(AlexNet(channels: $1.channels, classes: $0, $2)) })
}
