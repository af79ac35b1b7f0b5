extension YuNet {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "yunet", "YuNet (Wu, Peng & Yu 2023): boxes of faces and five points each", task: .detect,
        input: .init(channels: 3, height: 320, width: 320), classes: nil,
        limits: .init(classes: 1...1, channels: 3...3, minimumSide: 32, sideMultiple: 32),
        preparation: .letterboxedBGR, build: { .keypointDetector(YuNet($2)) })
}
