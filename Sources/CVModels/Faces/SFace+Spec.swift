extension SFace {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "sface", "SFace (Zhong et al. 2021, arXiv:2205.12010): a face as 128 numbers", task: .embed,
        input: .init(channels: 3, height: 112, width: 112), classes: nil, takesAnySize: false,
        limits: .init(classes: 1...1, channels: 3...3, minimumSide: 112, maximumSide: 112),
        preparation: .leveled(mean: [127.5, 127.5, 127.5], deviation: 128), build: { .embedding(SFace($2)) })
}
