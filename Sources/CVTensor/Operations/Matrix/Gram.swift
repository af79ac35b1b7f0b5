/// The Gram matrix of feature maps, F · Fᵀ / (H · W) with F the maps as [C, H · W] (Gatys et al. 2015,
/// arXiv:1508.06576), as `f @ f.mT / f.shape[-1]` in PyTorch: which channels are active together, regardless of the
/// position.
///
/// - Parameter x: [N, C, H, W].
/// - Returns: [N, C, C], symmetric.
public func gram(_ x: Tensor) -> Tensor {
    let input = ImageShape(x.shape, for: "gram")
    precondition(input.plane > 0, "gram: feature maps of \(x.shape) have no pixels")
    let (shape, scale) = (x.shape, 1 / Float(input.plane))
    // F · Fᵀ is the weight gradient of a 1×1 convolution whose output gradient is F itself, and a product with F on the
    // right is such a convolution, with images as groups. Neither repacks the feature maps.
    let (batch, channels) = (input.batch, input.channels)
    let maps = x.detached.reshaped([1, batch * channels, input.height, input.width])
    let filters: Shape = [batch * channels, channels, 1, 1]
    let problem = ConvProblem(x: maps.shape, weight: filters, ConvGeometry(kernel: 1, groups: batch), for: "gram")
    let sums = x.isShapeOnly ? .shapeOnly(filters) : problem.backwardWeights(maps, maps)
    let products = sums.reshaped([batch, channels, channels])
    return (products * scale).recorded(
        as: .gram,
        (
            x,
            { dy in
                let weight = ((dy + dy.transposed()) * scale).reshaped(filters)
                return problem.forward(maps, weight).reshaped(shape)
            }
        ))
}
