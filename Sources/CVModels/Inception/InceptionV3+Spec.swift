extension InceptionV3 {
    /// Its facts for the registry. Its auxiliary head counts among the parameters, as in torchvision with
    /// `aux_logits=True`; without it it has 23,834,568 for 1000 classes.
    static let spec = ModelSpec(
        "inception_v3", "Inception v3 with an auxiliary head (Szegedy et al. 2015, arXiv:1512.00567)",
        task: .classify, input: .init(channels: 3, height: 299, width: 299), classes: 1000,
        limits: .init(minimumSide: minimumSide), preparation: .centered, headScopes: ["fc"],
        build: { .classifier(InceptionV3(channels: $1.channels, classes: $0, $2)) })
}
