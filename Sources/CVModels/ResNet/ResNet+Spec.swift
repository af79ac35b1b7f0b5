extension ResNet {
    /// The facts of the residual networks for the registry.
    static let specs = Depth.allCases.map { depth in
        spec(
            "resnet", depth, shortcuts: true,
            "ResNet-\(depth.rawValue) v1.5 (He et al. 2015, arXiv:1512.03385)")
    }

    /// Those of the plain networks: with more layers they learn worse, not better.
    static let plainSpecs = [Depth.resnet18, .resnet34].map { depth in
        spec(
            "plain", depth, shortcuts: false,
            "ResNet-\(depth.rawValue) without shortcuts (He et al. 2015, arXiv:1512.03385, section 4.1)")
    }

    private static func spec(_ name: String, _ depth: Depth, shortcuts: Bool, _ summary: String) -> ModelSpec {
        ModelSpec(
            "\(name)\(depth.rawValue)", summary, task: .classify, input: .photograph, classes: 1000,
            preparation: .imageNet, headScopes: ["fc"],
            build: { .classifier(ResNet(depth, shortcuts: shortcuts, channels: $1.channels, classes: $0, $2)) })
    }
}
