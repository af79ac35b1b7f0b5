extension SqueezeNet {
    /// The facts of both versions for the registry.
    static let specs = Version.allCases.map { version in
        ModelSpec(
            "squeezenet\(version.rawValue)", "SqueezeNet (Iandola et al. 2016, arXiv:1602.07360)", task: .classify,
            input: .photograph, classes: 1000, limits: .init(minimumSide: minimumSide), preparation: .imageNet,
            headScopes: ["classifier"],
            build: { .classifier(SqueezeNet(version, channels: $1.channels, classes: $0, $2)) })
    }
}
