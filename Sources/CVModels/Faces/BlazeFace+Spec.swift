extension BlazeFace {
    /// The facts of both for the registry.
    static let specs = [
        ModelSpec(
            "blazeface-short",
            "BlazeFace for selfies (Bazarevsky et al. 2019, arXiv:1907.05047): faces, six points each",
            task: .detect, input: .init(channels: 3, height: 128, width: 128), classes: nil,
            limits: .init(classes: 1...1, channels: 3...3, minimumSide: 16, sideMultiple: 16),
            preparation: .letterboxedSigned, build: { .keypointDetector(BlazeFace($2)) }),
        ModelSpec(
            "blazeface-full", "BlazeFace for faces farther away (MediaPipe's full range): faces, six points each",
            task: .detect, input: .init(channels: 3, height: 192, width: 192), classes: nil,
            limits: .init(classes: 1...1, channels: 3...3, minimumSide: 32, sideMultiple: 32),
            preparation: .letterboxedSigned, build: { .keypointDetector(BlazeFaceFullRange($2)) }),
    ]
}
