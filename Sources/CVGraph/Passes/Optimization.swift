import CVTensor

extension Graph {
    /// The same computation in fewer and larger steps: what an engine runs.
    ///
    /// Each pass stands in a file of its own. They keep every result up to rounding, and names of parameters where a
    /// weight remains.
    ///
    /// - Returns: a graph with the same inputs and outputs.
    public func optimized() -> Graph {
        var graph = self
        graph.foldConstants()
        graph.removeNoOps()
        graph.convertConvolutions()
        graph.fuseSpaceToDepth()
        graph.mergePadding()
        // Each makes room for the next: a normalization that became part of a convolution leaves an activation behind it.
        graph.foldAffines()
        graph.fuseResiduals()
        graph.fuseActivations()
        graph.fuseSqueezeExcite()
        graph.splitPointwiseStrides()
        graph.removeDeadCode()
        return graph
    }
}
