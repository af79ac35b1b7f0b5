extension LeNet5 {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "lenet5", "LeNet-5 with tanh (LeCun et al. 1998)", task: .classify, domain: .digits, input: .digits,
        classes: 10, takesAnySize: false, limits: .init(minimumSide: minimumSide), headScopes: ["fc2"],
        build: {
            .classifier(LeNet5(channels: $1.channels, height: $1.height, width: $1.width, classes: $0, $2))
        })
}
