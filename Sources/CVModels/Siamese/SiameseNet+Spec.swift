extension SiameseNet {
    /// The facts of the three ways to compare, for the registry.
    static let specs = Comparison.allCases.map { comparison in
        ModelSpec(
            comparison == .distance ? "siamese-small" : "siamese-small-\(comparison.rawValue)",
            summary(comparison), task: .embed, domain: .smallImages,
            input: .init(channels: 1, height: 32, width: 32), classes: nil, takesAnySize: false,
            limits: .init(classes: 1...1, channels: 1...3, minimumSide: minimumSide, maximumSide: 256),
            build: {
                .embedding(
                    SiameseNet(comparison, channels: $1.channels, height: $1.height, width: $1.width, $2))
            })
    }

    /// The name in the registry of the network that compares in this way.
    ///
    /// - Parameter comparison: how two embeddings are compared.
    /// - Returns: such as `siamese-small-logistic`.
    public static func name(_ comparison: Comparison) -> String {
        specs[Comparison.allCases.firstIndex(of: comparison)!].name
    }

    private static func summary(_ comparison: Comparison) -> String {
        switch comparison {
        case .distance: "embeddings of faces, compared by distance (as FaceNet: Schroff et al. 2015, arXiv:1503.03832)"
        case .logistic: "embeddings of faces, compared by a logistic head on |a - b| (Koch et al. 2015)"
        case .chiSquared: "embeddings of faces, compared by a logistic head on χ² (DeepFace: Taigman et al. 2014)"
        }
    }
}
