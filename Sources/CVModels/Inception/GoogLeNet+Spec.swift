extension GoogLeNet {
    /// Its facts for the registry. Its auxiliary heads count among the parameters, as in torchvision with
    /// `aux_logits=True`; without them it has 6,624,904 for 1000 classes.
    static let spec = ModelSpec(
        "googlenet", "GoogLeNet with auxiliary heads (Szegedy et al. 2014, arXiv:1409.4842)", task: .classify,
        input: .photograph, classes: 1000, limits: .init(minimumSide: minimumSide), preparation: .centered,
        headScopes: ["fc"], build: { .classifier(GoogLeNet(channels: $1.channels, classes: $0, $2)) })
}
