import CVTensor

/// For the training of a network: the same costs of a batch of pictures, each of which has a content of its own.
extension StyleObjective {
    /// The costs of the style alone; `looking(at:)` adds those of a content.
    package init(_ network: StyleNetwork, styles: [StyleSource], _ options: StyleOptions) {
        precondition(styles.allSatisfy { $0.region == nil }, "places of styles, for pictures that are not known yet")
        let isStyled = options.styleWeight > 0 && !styles.isEmpty
        self.network = network
        self.options = options
        (content, layout) = ([], nil)
        regions = isStyled ? Self.regions(network, styles, options) : []
        layers = isStyled ? Set(options.styleLayers.map(\.name)) : []
    }

    /// With the cost of being unlike these pictures. x: [N, 3, H, W], RGB from 0 to 1.
    ///
    /// The maps of all pictures are one target: each picture counts by the size of its own.
    package func looking(at x: Tensor) -> StyleObjective {
        guard options.contentWeight > 0 else { return self }
        let maps = network(x.detached, at: Set(options.contentLayers.map(\.name)))
        return StyleObjective(
            self,
            content: options.contentLayers.map { Target($0, of: options.contentLayers, maps[$0.name]!, cost: 0.5) })
    }

    private init(_ other: StyleObjective, content: [Target]) {
        (network, options, regions, layout) = (other.network, other.options, other.regions, other.layout)
        self.content = content
        layers = other.layers.union(content.map(\.layer))
    }
}
