extension YOLOX {
    /// Their facts for the registry, from the smallest to the largest.
    static let specs = Size.all.map { size in
        ModelSpec(
            "yolox-\(size.name)", "YOLOX-\(size.name.capitalized) (Ge et al. 2021, arXiv:2107.08430)", task: .detect,
            input: .init(channels: 3, height: size.side, width: size.side), classes: 80, limits: .yolo,
            preparation: .letterboxedTopLeft,
            // Boxes and objectness are the same for other classes.
            headScopes: (0..<3).map { "head.cls_preds.\($0)" },
            build: { .detector(YOLOX(classes: $0, size: size, $2)) })
    }
}
