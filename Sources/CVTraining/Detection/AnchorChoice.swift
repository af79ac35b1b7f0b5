import CVModels

/// Where the anchors of a detector come from.
public enum AnchorChoice: String, Sendable, CaseIterable {
    /// From the boxes to train on, by k-means.
    case clusters = "kmeans"
    /// Those of the pretrained weights, or, without any, those that the network was published with.
    case network
    /// Drawn at random, to see what fitted ones are worth.
    case random
}

extension YOLOv3Tiny {
    /// Sets the anchors that a recipe asks for.
    ///
    /// - Parameters:
    ///   - recipe: of the training.
    ///   - shapes: of the boxes to train on, of which there is at least one.
    /// - Returns: the anchors with how well they stand for the boxes.
    func setAnchors(_ recipe: DetectionRecipe, _ shapes: BoxShapes) -> BoxShapes.Fit? {
        let fit: BoxShapes.Fit
        switch recipe.anchors {
        case .network:
            return shapes.fit(boxSizes.map { .init(Double($0.width), Double($0.height)) })
        case .clusters:
            guard var found = shapes.clusters(6, seed: recipe.seed) else { return nil }
            // Fewer sizes than anchors: the largest several times.
            if found.anchors.count < 6 {
                let missing = Array(repeating: found.anchors.last!, count: 6 - found.anchors.count)
                found = shapes.fit(found.anchors + missing)
            }
            fit = found
        case .random: fit = shapes.random(6, in: recipe.input, seed: recipe.seed)
        }
        setAnchors(fit.anchors.map { YOLOGrid.Anchor(Float($0.width), Float($0.height)) })
        return fit
    }
}
