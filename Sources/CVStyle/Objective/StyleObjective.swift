import CVImage
import CVNN
import CVTensor

/// The costs of a picture, before they are weighed.
public struct StyleLosses: Sendable, Equatable {
    /// ½ ‖a(G) - a(C)‖² / ‖a(C)‖² of the content layers, weighed: 0 for the content itself.
    public let content: Float
    /// ¼ ‖G - A‖² / ‖A‖² of the style layers' Gram matrices, weighed: 0 for the style itself.
    public let style: Float
    /// The mean square of the differences of neighbours, colours from 0 to 1.
    public let variation: Float
    /// The mean square of what the cells of a coarse grid differ by in their mean colours, 0…1, from the content that was
    /// given the styles' palette.
    public let layout: Float
    /// Their weighed sum: what is made smaller.
    public let total: Float
}

/// What a picture is measured by at one scale. Costs that do not count are 0 and not computed.
///
/// Gatys et al. 2015 (arXiv:1508.06576) divide by the size of the maps. Divided by the targets' own squares, the costs of
/// all layers, pictures and sizes, and of any weights of the network, are of one magnitude: one set of weights suits all.
package struct StyleObjective {
    let network: StyleNetwork
    let options: StyleOptions
    let layers: Set<String>
    let content: [Target]
    let regions: [Region]
    /// Where the colours are to be; nil if they may be anywhere.
    let layout: ColorLayoutLoss?

    /// Maps or a Gram matrix to come near to.
    struct Target {
        let layer: String
        let value: Tensor
        /// From the mean square of the differences to the cost, with the layer's part in all.
        let factor: Float

        /// cost: ½ or ¼.
        init(_ layer: StyleLayer, of layers: [StyleLayer], _ value: Tensor, cost: Float) {
            self.layer = layer.name
            self.value = value
            let square = value.withValues { $0.reduce(0.0) { $0 + Double($1 * $1) } }
            let part = layer.weight / layers.reduce(0) { $0 + $1.weight }
            // Maps that are black throughout have no size of their own.
            factor = part * cost * Float(value.shape.count) / Float(max(square, 1e-6))
        }

        /// x: of the shape of the target, or several of it, whose mean counts.
        func cost(_ x: Tensor) -> Tensor { squaredError(x, broadcast(value, to: x.shape)) * factor }
    }

    /// A part of the picture, or all of it, and the style that it is to have.
    struct Region {
        /// Its part of the picture.
        let share: Float
        let mask: StyleMask?
        let targets: [Target]
    }

    /// content: the content at this scale. styles: with their pictures at this scale. keepsLayout: whether the content's
    /// colours, which are those of the styles then, are to stay about where they are.
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
            let maps = network(image.unitTensor, at: names)
            content = options.contentLayers.map { Target($0, of: options.contentLayers, maps[$0.name]!, cost: 0.5) }
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

    /// The styles without a region are mixed, and painted everywhere; each other has its own place.
    static func regions(
        _ network: StyleNetwork, _ styles: [StyleSource], _ options: StyleOptions
    ) -> [Region] {
        let names = Set(options.styleLayers.map(\.name))
        func targets(_ sources: [StyleSource]) -> [Target] {
            let sum = sources.reduce(0) { $0 + $1.weight }
            var grams: [String: Tensor] = [:]
            for source in sources {
                let mask = source.part.map { StyleMask($0) }
                for (name, maps) in network(source.image.unitTensor, at: names) {
                    let part = (mask?.gram(maps) ?? gram(maps)) * (source.weight / sum)
                    grams[name] = grams[name].map { $0 + part } ?? part
                }
            }
            return options.styleLayers.map { Target($0, of: options.styleLayers, grams[$0.name]!, cost: 0.25) }
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

    /// x: [1, 3, H, W], the picture, from 0 to 1 -> the weighed sum, to be differentiated, and what it is made of.
    package func callAsFunction(_ x: Tensor) -> (total: Tensor, losses: StyleLosses) {
        let maps = layers.isEmpty ? [:] : network(x, at: layers)
        // A pull in units of the mean over the picture's values, as the gradient of the total is scaled.
        func pulled(_ maps: Tensor, _ weight: Float) -> Tensor {
            options.normalizesGradients ? withGradient(maps, ofSize: weight * Float(x.shape.count)) : maps
        }
        let content = content.map { $0.cost(pulled(maps[$0.layer]!, options.contentWeight)) }
        let style = regions.flatMap { region in
            region.targets.map { target in
                let own = pulled(maps[target.layer]!, options.styleWeight * region.share)
                return target.cost(region.mask?.gram(own) ?? gram(own)) * region.share
            }
        }
        let variation = totalVariation(x)
        let layout = layout?.cost(x) ?? Tensor([0], shape: [])
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

    private func sum(_ costs: [Tensor]) -> Tensor { costs.reduce(Tensor([0], shape: []), +) }
}

/// The same values, whose gradient is scaled so that its absolute values sum up to `size`.
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
