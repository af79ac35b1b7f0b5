import CVNN

extension ClassifierArchitecture {
    /// Those that were described for ImageNet, in the order of their papers.
    static let photographs: [ClassifierArchitecture] =
        [
            photograph("alexnet", "AlexNet (Krizhevsky et al. 2012)", minimumSide: AlexNet.minimumSide) {
                AlexNet(channels: $0, classes: $1, $2)
            }
        ] + [false, true].flatMap { batchNorm in VGG.Depth.allCases.map { vgg($0, batchNorm: batchNorm) } }
        + ResNet.Depth.allCases.map(residual) + SqueezeNet.Version.allCases.map(squeezed) + mobile

    private static let mobile: [ClassifierArchitecture] =
        [
            photograph("mobilenet_v1", "MobileNet (Howard et al. 2017, arXiv:1704.04861)") {
                MobileNetV1(channels: $0, classes: $1, $2)
            },
            photograph("mobilenet_v2", "MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381)") {
                MobileNetV2(channels: $0, classes: $1, $2)
            },
        ]
        + MobileNetV3.Size.allCases.map { size in
            photograph("mobilenet_v3_\(size)", "MobileNetV3, \(size) (Howard et al. 2019, arXiv:1905.02244)") {
                MobileNetV3(size, channels: $0, classes: $1, $2)
            }
        } + [
            photograph("efficientnet-lite0", "EfficientNet-Lite0 (Liu 2020; Tan & Le 2019, arXiv:1905.11946)") {
                EfficientNetLite(channels: $0, classes: $1, $2)
            }
        ]

    private static func vgg(_ depth: VGG.Depth, batchNorm: Bool) -> ClassifierArchitecture {
        photograph(
            "vgg\(depth.rawValue)\(batchNorm ? "_bn" : "")",
            "VGG-\(depth.rawValue)\(batchNorm ? " with batch-norm" : "") (Simonyan & Zisserman 2014, arXiv:1409.1556)",
            minimumSide: VGG.minimumSide
        ) { VGG(depth, batchNorm: batchNorm, channels: $0, classes: $1, $2) }
    }

    private static func residual(_ depth: ResNet.Depth) -> ClassifierArchitecture {
        photograph("resnet\(depth.rawValue)", "ResNet-\(depth.rawValue) v1.5 (He et al. 2015, arXiv:1512.03385)") {
            ResNet(depth, channels: $0, classes: $1, $2)
        }
    }

    private static func squeezed(_ version: SqueezeNet.Version) -> ClassifierArchitecture {
        photograph(
            "squeezenet\(version.rawValue)", "SqueezeNet (Iandola et al. 2016, arXiv:1602.07360)",
            minimumSide: SqueezeNet.minimumSide
        ) { SqueezeNet(version, channels: $0, classes: $1, $2) }
    }

    /// One for pictures of 224 × 224 as a rule, and of any other size.
    private static func photograph(
        _ name: String, _ summary: String, minimumSide: Int = 1,
        build: @escaping @Sendable (_ channels: Int, _ classes: Int, _ p: ParameterScope) -> any ClassifierNetwork
    ) -> ClassifierArchitecture {
        ClassifierArchitecture(
            name, summary, input: Input(channels: 3, height: 224, width: 224), takesAnySize: true,
            minimumSide: minimumSide, build: { build($1.channels, $0, $2) })
    }
}
