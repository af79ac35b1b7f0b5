extension YOLOv3 {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "yolov3", "YOLOv3 (Redmon & Farhadi 2018, arXiv:1804.02767)", task: .detect, input: .yolo, classes: 80,
        limits: .yolo, preparation: .letterboxed, headScopes: ["scale1.head", "scale2.head", "scale3.head"],
        build: { .detector(YOLOv3(classes: $0, $2)) })
}
