import CVImage
import CVNN
import CVTensor

/// The terms of the loss of an image, before their weights are applied, and the weighted total.
public struct StyleLosses: Sendable, Equatable {
    /// The content loss: ½ ‖a(G) - a(C)‖² / ‖a(C)‖², weighted over the content layers; 0 for the content itself.
    public let content: Float
    /// The style loss: ¼ ‖G - A‖² / ‖A‖² of the Gram matrices, weighted over the style layers; 0 for the style
    /// itself.
    public let style: Float
    /// The total variation loss: the mean squared difference of neighboring pixels, colors from 0 to 1.
    public let variation: Float
    /// The color layout loss: the mean squared difference of the mean colors, 0…1, of the cells of a coarse grid from
    /// those of the content with the palette of the styles.
    public let layout: Float
    /// The weighted sum, which is minimized.
    public let total: Float
}

/// The objective at one scale. Terms with the weight 0 are 0 and not computed.
///
/// Gatys et al. 2015 (arXiv:1508.06576) divide by the size of the feature maps. Divided by the squared norm of the targets
/// instead, the losses of all layers, images, sizes and networks are of one magnitude: one set of weights suits all.
package struct StyleObjective {
    let network: StyleNetwork
    let options: StyleOptions
    let layers: Set<String>
    let content: [Target]
    let regions: [Region]
    /// The target of the color layout; nil without that term.
    let layout: ColorLayoutLoss?

    /// Target feature maps, or a target Gram matrix.
    struct Target {
        let layer: String
        let value: Tensor
        /// The factor of the mean squared difference, including the share of the layer.
        let factor: Float

        /// The coefficient is ½ for content, ¼ for style.
        init(_ layer: StyleLayer, of layers: [StyleLayer], _ value: Tensor, coefficient: Float) {
            self.layer = layer.name
            self.value = value
            let square = value.withValues { $0.reduce(0.0) { $0 + Double($1 * $1) } }
            let part = layer.weight / layers.reduce(0) { $0 + $1.weight }
            // Feature maps may be zero throughout.
            factor = part * coefficient * Float(value.shape.count) / Float(max(square, 1e-6))
        }

        /// x: of the shape of the target, or a batch of it, which is averaged.
        func loss(_ x: Tensor) -> Tensor { squaredError(x, value.broadcast(to: x.shape)) * factor }
    }

    /// A region of the image, or all of it, with its style.
    struct Region {
        /// Its share of the image.
        let share: Float
        let mask: StyleMask?
        let targets: [Target]
    }

    /// Creates the objective of a scale.
    ///
    /// - Parameters:
    ///   - network: the feature extractor.
    ///   - image: the content at this scale.
    ///   - styles: the styles, with their images at this scale.
    ///   - keepsLayout: whether there is a color layout loss; the content has the colors of the styles then.
    ///   - options: weights and layers.
    package init(
        _ network: StyleNetwork, content image: Image, styles: [StyleSource], keepsLayout: Bool = false,
        _ options: StyleOptions
    ) {
        self.network = network
        self.options = options
        layout = keepsLayout && options.layoutWeight > 0 ? ColorLayoutLoss(image.unitTensor) : nil
        var layers: Set<String> = []
        if options.contentWeight > 0 {
            let names = Set(options.contentLayers.map(\.name))
            let features = network(image.unitTensor, at: names)
            content = options.contentLayers.map {
                Target($0, of: options.contentLayers, features[$0.name]!, coefficient: 0.5)
            }
            layers.formUnion(names)
        } else {
            content = []
        }
        if options.styleWeight > 0, !styles.isEmpty {
            regions = Self.regions(network, styles, options)
            layers.formUnion(options.styleLayers.map(\.name))
        } else {
            regions = []
        }
        self.layers = layers
    }

    /// The styles without a region are blended over the whole image; each other has its own region.
    static func regions(
        _ network: StyleNetwork, _ styles: [StyleSource], _ options: StyleOptions
    ) -> [Region] {
        let names = Set(options.styleLayers.map(\.name))
        func targets(_ sources: [StyleSource]) -> [Target] {
            let sum = sources.reduce(0) { $0 + $1.weight }
            var grams: [String: Tensor] = [:]
            for source in sources {
                let mask = source.part.map { StyleMask($0) }
                for (name, features) in network(source.image.unitTensor, at: names) {
                    let part = (mask?.gram(features) ?? gram(features)) * (source.weight / sum)
                    grams[name] = grams[name].map { $0 + part } ?? part
                }
            }
            return options.styleLayers.map { Target($0, of: options.styleLayers, grams[$0.name]!, coefficient: 0.25) }
        }
        let everywhere = styles.filter { $0.region == nil }
        var regions = everywhere.isEmpty ? [] : [Region(share: 1, mask: nil, targets: targets(everywhere))]
        for style in styles {
            guard let region = style.region else { continue }
            let mask = StyleMask(region)
            regions.append(Region(share: mask.share, mask: mask, targets: targets([style])))
        }
        return regions
    }

    /// The weighted total, to be differentiated, and its terms; x: [1, 3, H, W], the image, from 0 to 1.
    package func callAsFunction(_ x: Tensor) -> (total: Tensor, losses: StyleLosses) {
        let features = layers.isEmpty ? [:] : network(x, at: layers)
        // Normalized to the mean over the values of the image, as the gradient of the total is scaled.
        func normalized(_ features: Tensor, _ weight: Float) -> Tensor {
            options.normalizesGradients ? withGradient(features, ofSize: weight * Float(x.shape.count)) : features
        }
        let content = content.map { $0.loss(normalized(features[$0.layer]!, options.contentWeight)) }
        let style = regions.flatMap { region in
            region.targets.map { target in
                let own = normalized(features[target.layer]!, options.styleWeight * region.share)
                return target.loss(region.mask?.gram(own) ?? gram(own)) * region.share
            }
        }
        let variation = totalVariation(x)
        let layout = layout?.loss(x) ?? Tensor([0], shape: [])
        let parts = [
            (sum(content), options.contentWeight), (sum(style), options.styleWeight),
            (variation, options.variationWeight), (layout, options.layoutWeight),
        ]
        let total = parts.dropFirst().reduce(parts[0].0 * parts[0].1) { $0 + $1.0 * $1.1 }
        let losses = StyleLosses(
            content: parts[0].0.item, style: parts[1].0.item, variation: variation.item, layout: layout.item,
            total: total.item)
        return (total, losses)
    }

    private func sum(_ losses: [Tensor]) -> Tensor { losses.reduce(Tensor([0], shape: []), +) }
}

/// The identity, with the gradient scaled so that its absolute values sum to `size`.
private func withGradient(_ x: Tensor, ofSize size: Float) -> Tensor {
    x.detached.recorded(
        as: .identity,
        (
            x,
            { dy in
                let sum = dy.withValues { $0.reduce(0.0) { $0 + Double(abs($1)) } }
                return dy * (sum > 0 ? Float(Double(size) / sum) : 1)
            }
        ))
}

extension StyleLosses: Codable {}
