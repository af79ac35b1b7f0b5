extension LogisticRegression {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "logistic", "softmax regression over the pixels", task: .classify, domain: .digits, input: .digits, classes: 10,
        takesAnySize: false, headScopes: ["fc"],
        build: { .classifier(LogisticRegression(inputs: $1.count, classes: $0, $2)) })
}

extension ModelSpec.Input {
    /// The images of MNIST.
    static let digits = Self(channels: 1, height: 28, width: 28)
    /// The images of CIFAR.
    static let small = Self(channels: 3, height: 32, width: 32)
    /// The images of ImageNet as most networks take them.
    static let photograph = Self(channels: 3, height: 224, width: 224)
}
