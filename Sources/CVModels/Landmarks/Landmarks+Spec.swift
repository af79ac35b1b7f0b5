import CVNN

extension ModelSpec {
    /// The facts of the networks for landmarks, for the registry: both heads on a backbone that has pretrained weights, and on a
    /// small one.
    static let landmarkSpecs: [ModelSpec] = [
        landmarks("regression", "direct regression (after Guo et al. 2019, arXiv:1902.10859)", .mobileNet) {
            LandmarkRegression<MobileNetV2Encoder>(points: $0, input: $1, $2)
        },
        landmarks("heatmap", "heat maps (after Tompson et al. 2014, arXiv:1406.2984)", .mobileNet, anySize: true) {
            LandmarkHeatmap<MobileNetV2Encoder>(points: $0, input: $1, $2)
        },
        landmarks("regression-small", "direct regression from a small network", nil) {
            LandmarkRegression<SmallEncoder>(points: $0, input: $1, $2)
        },
        landmarks("heatmap-small", "heat maps from a small network", nil, anySize: true) {
            LandmarkHeatmap<SmallEncoder>(points: $0, input: $1, $2)
        },
    ]

    /// The points of the iBUG scheme for faces, by which the networks are described.
    private static let facePoints = 68

    private static func landmarks(
        _ name: String, _ summary: String, _ encoder: Encoder?, anySize: Bool = false,
        _ build: @escaping @Sendable (_ points: Int, _ input: Input, _ p: ParameterScope) -> any LandmarkNetwork
    ) -> ModelSpec {
        ModelSpec(
            "landmarks-\(name)", "Landmarks by \(summary)", task: .landmarks,
            input: .init(channels: 3, height: 128, width: 128), classes: facePoints, takesAnySize: anySize,
            limits: .init(
                classes: 1...1000, channels: 3...3, minimumSide: 32, maximumSide: 1024, sideMultiple: 32),
            preparation: .stretchedImageNet, headScopes: ["out"], encoder: encoder,
            build: { .landmarks(build($0, $1, $2)) })
    }
}

extension ModelSpec.Encoder {
    /// MobileNetV2, trained on ImageNet.
    fileprivate static let mobileNet = ModelSpec.Encoder(model: "mobilenet_v2", weights: "mobilenet_v2-features")
}
