extension DlibFace {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "dlib-face", "dlib's ResNet-29 for faces (King 2017): a face as 128 numbers", task: .embed,
        input: .init(channels: 3, height: 150, width: 150), classes: nil, takesAnySize: false,
        limits: .init(classes: 1...1, channels: 3...3, minimumSide: 150, maximumSide: 150),
        preparation: .leveled(mean: [122.782, 117.001, 104.298], deviation: 256), build: { .embedding(DlibFace($2)) })
}
