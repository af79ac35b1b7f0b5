extension SelfieSegmentation {
    /// Its facts for the registry.
    package static let spec = ModelSpec(
        "selfie-segmentation", "MediaPipe's selfie segmentation (after Howard et al. 2019, arXiv:1905.02244)",
        task: .matte, input: .init(channels: 3, height: 256, width: 256), classes: nil,
        limits: .init(
            classes: 1...1, channels: 3...3, minimumSide: sideMultiple, maximumSide: 2048, sideMultiple: sideMultiple),
        build: { .dense(SelfieSegmentation($2)) })
}
