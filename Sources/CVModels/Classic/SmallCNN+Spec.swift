extension SmallCNN {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "small-cnn", "two convolutions and two linear layers (PyTorch's MNIST example)", task: .classify,
        domain: .digits, input: .digits, classes: 10, takesAnySize: false, limits: .init(minimumSide: minimumSide),
        headScopes: ["fc2"],
        build: {
            .classifier(SmallCNN(channels: $1.channels, height: $1.height, width: $1.width, classes: $0, $2))
        })
}
