extension FullyConnected {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "fully-connected", "two hidden layers of 256 and 128 with ReLU (Rumelhart et al. 1986)", task: .classify,
        domain: .digits, input: .digits, classes: 10, takesAnySize: false, headScopes: ["fc3"],
        build: { .classifier(FullyConnected(inputs: $1.count, classes: $0, $2)) })
}
