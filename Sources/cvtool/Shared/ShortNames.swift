import CVSegmentation

/// The short names of weights, which every command that takes weights by name knows.
enum ShortNames {
    private static let names = ["person": PersonSegmenter.defaultModel, "camvid": "unet-camvid"]

    /// The name of the weights that `name` is short for, or `name` itself.
    static func weights(_ name: String) -> String { names[name] ?? name }
}
