extension YOLOv3Tiny {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "yolov3-tiny", "YOLOv3-tiny (Redmon & Farhadi 2018, arXiv:1804.02767)", task: .detect,
        input: .yolo, classes: 80, limits: .yolo, preparation: .letterboxed, headScopes: ["head1", "head2"],
        build: { .detector(YOLOv3Tiny(classes: $0, $2)) })
}

extension ModelSpec.Input {
    static let yolo = Self(channels: 3, height: 416, width: 416)
}

extension ModelSpec.Limits {
    /// Five halvings must leave whole pixels.
    static let yolo = Self(channels: 3...3, minimumSide: 32, sideMultiple: 32)
}
