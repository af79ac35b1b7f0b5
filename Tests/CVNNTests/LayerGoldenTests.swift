import CVNN
import CVTensor
import TestSupport
import Testing

/// Layers compared with PyTorch's, with the same keys and weights: `Tools/golden.py networks`.
@Suite struct LayerGoldenTests {
    private static let layers: [String: @Sendable (ParameterScope) -> any Layer] = [
        "Conv2d": { Conv2d(4, 6, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 2, $0) },
        "ConvTranspose2d": {
            ConvTranspose2d(4, 6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2, $0)
        },
        "Linear": { Linear(9, 7, $0) },
        "Linear without bias": { Linear(9, 7, bias: false, $0) },
        "BatchNorm2d": { BatchNorm2d(4, epsilon: 1e-3, momentum: 0.3, $0) },
        "GroupNorm": { GroupNorm(groups: 2, 4, epsilon: 1e-3, $0) },
        "InstanceNorm2d": { InstanceNorm2d(4, $0) },
        "InstanceNorm2d affine": { InstanceNorm2d(4, affine: true, $0) },
        "LocalResponseNorm": { _ in LocalResponseNorm(3, alpha: 0.5, beta: 0.6, k: 2) },
        "MaxPool2d": { _ in MaxPool2d(3, stride: 2, padding: 1, ceilMode: true) },
        "AvgPool2d": { _ in AvgPool2d(3, stride: 2, padding: 1, countIncludePadding: false) },
        "AdaptiveAvgPool2d": { _ in AdaptiveAvgPool2d(height: 3, width: 4) },
        "GlobalAvgPool": { _ in GlobalAvgPool() },
        "Upsample": {
            Sequential([{ _ in Upsample(2) }, { _ in Upsample(2, mode: .bilinear(alignCorners: true)) }], $0)
        },
        "SqueezeExcitation": { SqueezeExcitation(4, squeeze: 2, $0) },
        "SqueezeExcitation, SiLU and hard-swish": {
            SqueezeExcitation(4, squeeze: 2, activation: .silu, gate: .hardSwish, $0)
        },
        "Sequential": {
            Sequential(
                [
                    { Conv2d(4, 3, kernel: 3, $0) }, { _ in Activation.relu }, { _ in MaxPool2d(2) },
                    { _ in Flatten() },
                    { Linear(12, 5, $0) }, { _ in Dropout(0) },
                ], $0)
        },
    ]

    @Test("layers: outputs, gradients and statistics match PyTorch") func outputsAndGradientsAreThoseOfPyTorch() throws
    {
        let cases = try decoded("Golden/layers.json", as: [NetworkGolden].self)
        #expect(Set(cases.map(\.name)) == Set(Self.layers.keys))
        for golden in cases {
            let make = try #require(Self.layers[golden.name])
            try golden.compare(outputs: 5e-6, gradients: 2e-5, make)
        }
    }
}
