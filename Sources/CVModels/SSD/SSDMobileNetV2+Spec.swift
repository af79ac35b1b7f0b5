extension SSDMobileNetV2 {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "ssd-mobilenetv2", "SSD on MobileNetV2 (Liu et al. 2016, arXiv:1512.02325; Sandler et al. 2018)", task: .detect,
        input: .init(channels: 3, height: 300, width: 300), classes: 80, limits: .init(channels: 3...3),
        preparation: .leveled(mean: [127.5, 127.5, 127.5], deviation: 127.5),
        headScopes: (0..<6).map { "head.classification_head.module_list.\($0)" },
        build: { .ssd(SSDMobileNetV2(classes: $0, $2)) })
}
