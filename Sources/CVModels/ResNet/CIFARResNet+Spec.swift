extension CIFARResNet {
    /// The facts of the residual networks for the registry.
    static let specs = Depth.allCases.map { depth in
        spec("resnet", depth, shortcuts: true, "ResNet-\(depth.rawValue) for small images (\(paper))")
    }

    /// Those of the plain networks: with more layers they learn worse, not better.
    static let plainSpecs = Depth.allCases.map { depth in
        spec(
            "plain", depth, shortcuts: false, "ResNet-\(depth.rawValue) for small images without shortcuts (\(paper))"
        )
    }

    private static let paper = "He et al. 2015, arXiv:1512.03385, section 4.2"

    private static func spec(_ name: String, _ depth: Depth, shortcuts: Bool, _ summary: String) -> ModelSpec {
        ModelSpec(
            "\(name)\(depth.rawValue)", summary, task: .classify, domain: .smallImages, input: .small, classes: 10,
            headScopes: ["fc"],
            build: { .classifier(CIFARResNet(depth, shortcuts: shortcuts, channels: $1.channels, classes: $0, $2)) })
    }
}
