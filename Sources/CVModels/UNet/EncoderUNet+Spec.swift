import CVNN

extension UNet {
    /// The facts of the networks whose encoder is a classifier's backbone, for the registry.
    static let encoderSpecs: [ModelSpec] = [
        spec("mobilenet_v2", weights: "mobilenet_v2-features", "MobileNetV2 (Sandler et al. 2018)") {
            EncoderUNet<MobileNetV2Encoder>(channels: $1.channels, classes: $0, $2)
        },
        spec("efficientnet-lite0", weights: "efficientnet-lite0", "EfficientNet-Lite0 (Liu 2020)") {
            EncoderUNet<EfficientNetLiteEncoder>(channels: $1.channels, classes: $0, $2)
        },
    ]

    private static func spec(
        _ model: String, weights: String, _ summary: String,
        _ build: @escaping @Sendable (_ classes: Int, _ input: ModelSpec.Input, _ p: ParameterScope) -> any Layer
    ) -> ModelSpec {
        ModelSpec(
            "unet-\(model)", "U-Net whose encoder is \(summary)", task: .segment, input: defaultInput, classes: 2,
            limits: limits(minimumSide: 1), preparation: .stretchedImageNet, headScopes: ["out"],
            encoder: .init(model: model, weights: weights), build: { .dense(build($0, $1, $2)) })
    }
}
