import ArgumentParser
import CVStyle

/// The layers of the style and content losses.
struct CostLayerOptions: ParsableArguments {
    private static let usual = StyleOptions()

    @Option(
        help: .init(
            "Layers whose Gram matrices define the style, with optional weights: conv1_1,conv2_1=0.5. "
                + "(default: \(text(usual.styleLayers)))", valueName: "layers"))
    var layers: String?

    @Option(
        help: .init(
            "Layers whose feature maps define the content. (default: \(text(usual.contentLayers)))",
            valueName: "layers"))
    var contentLayers: String?

    private static func text(_ layers: [StyleLayer]) -> String { layers.map(\.description).joined(separator: ",") }

    /// Those of --layers; nil if it was not given.
    ///
    /// - Throws: `StyleError` for layers that are not `known`.
    func styleLayers(known: [String]) throws(StyleError) -> [StyleLayer]? {
        if let layers { try StyleLayer.list(layers, known: known) } else { nil }
    }

    /// Those of --content-layers, likewise.
    func contentLayers(known: [String]) throws(StyleError) -> [StyleLayer]? {
        if let contentLayers { try StyleLayer.list(contentLayers, known: known) } else { nil }
    }
}

/// - Throws: `ValidationError` for one of --content-weight, --style-weight and --tv-weight.
func checkCostWeights(content: Float, style: Float, variation: Float) throws {
    for (option, weight) in [("--content-weight", content), ("--style-weight", style), ("--tv-weight", variation)] {
        try checkNumber(option, weight, in: 0...1e6)
    }
}

/// - Throws: `ValidationError` for the size of a style image, relative to that of the result.
func checkStyleScale(_ scale: Double) throws { try checkNumber("--style-scale", scale, in: 0.05...20) }
