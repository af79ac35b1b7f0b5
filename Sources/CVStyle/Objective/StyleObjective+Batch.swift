import CVTensor

/// For the training of a network: the same losses for a batch of images, each of which has its own content.
extension StyleObjective {
    /// The style loss alone; `looking(at:)` adds the content loss.
    package init(_ network: StyleNetwork, styles: [StyleSource], _ options: StyleOptions) {
        precondition(styles.allSatisfy { $0.region == nil }, "regions of styles, for images that are not known yet")
        let isStyled = options.styleWeight > 0 && !styles.isEmpty
        self.network = network
        self.options = options
        (content, layout) = ([], nil)
        regions = isStyled ? Self.regions(network, styles, options) : []
        layers = isStyled ? Set(options.styleLayers.map(\.name)) : []
    }

    /// This objective with the content loss of a batch; x: [N, 3, H, W], RGB from 0 to 1.
    ///
    /// The feature maps of all images are one target: each image counts by the magnitude of its own.
    package func looking(at x: Tensor) -> StyleObjective {
        guard options.contentWeight > 0 else { return self }
        let features = network(x.detached, at: Set(options.contentLayers.map(\.name)))
        return StyleObjective(
            self,
            content: options.contentLayers.map {
                Target($0, of: options.contentLayers, features[$0.name]!, coefficient: 0.5)
            })
    }

    private init(_ other: StyleObjective, content: [Target]) {
        (network, options, regions, layout) = (other.network, other.options, other.regions, other.layout)
        self.content = content
        layers = other.layers.union(content.map(\.layer))
    }
}
