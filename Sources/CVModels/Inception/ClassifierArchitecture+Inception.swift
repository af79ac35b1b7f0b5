extension ClassifierArchitecture {
    /// The Inception networks. Their auxiliary heads count among the parameters, as in torchvision with `aux_logits=True`;
    /// without them it has 6,624,904 and 23,834,568 for 1000 classes.
    static let inceptions: [ClassifierArchitecture] = [
        ClassifierArchitecture(
            "googlenet", "GoogLeNet with auxiliary heads (Szegedy et al. 2014, arXiv:1409.4842)",
            input: Input(channels: 3, height: 224, width: 224), takesAnySize: true, minimumSide: GoogLeNet.minimumSide,
            build: { GoogLeNet(channels: $1.channels, classes: $0, $2) }),
        ClassifierArchitecture(
            "inception_v3", "Inception v3 with an auxiliary head (Szegedy et al. 2015, arXiv:1512.00567)",
            input: Input(channels: 3, height: 299, width: 299), takesAnySize: true,
            minimumSide: InceptionV3.minimumSide,
            build: { InceptionV3(channels: $1.channels, classes: $0, $2) }),
    ]

    /// Residual networks without their shortcuts: with more layers they learn worse, not better.
    static let plain: [ClassifierArchitecture] =
        CIFARResNet.Depth.allCases.map { depth in
            ClassifierArchitecture(
                "plain\(depth.rawValue)",
                "ResNet-\(depth.rawValue) for small pictures without shortcuts (He et al. 2015, arXiv:1512.03385, "
                    + "section 4.2)",
                input: Input(channels: 3, height: 32, width: 32), takesAnySize: true,
                build: { CIFARResNet(depth, shortcuts: false, channels: $1.channels, classes: $0, $2) })
        }
        + [ResNet.Depth.resnet18, .resnet34].map { depth in
            ClassifierArchitecture(
                "plain\(depth.rawValue)",
                "ResNet-\(depth.rawValue) without shortcuts (He et al. 2015, arXiv:1512.03385, section 4.1)",
                input: Input(channels: 3, height: 224, width: 224), takesAnySize: true,
                build: { ResNet(depth, shortcuts: false, channels: $1.channels, classes: $0, $2) })
        }
}
