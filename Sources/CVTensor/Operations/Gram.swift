/// Which maps light up together, wherever that is: F · Fᵀ / (H · W) with F the maps as [C, H · W] (Gatys et al. 2015,
/// arXiv:1508.06576), as `f @ f.mT / f.shape[-1]` in PyTorch.
///
/// x: [N, C, H, W] -> [N, C, C], symmetric.
public func gram(_ x: Tensor) -> Tensor {
    let input = PictureShape(x.shape, for: "gram")
    precondition(input.plane > 0, "gram: maps of \(x.shape) have no pixels")
    let (shape, scale) = (x.shape, 1 / Float(input.plane))
    let maps = x.detached.reshaped([input.batch, input.channels, input.plane])
    let products = matmul(maps, maps, transposeB: true) * scale
    return products.recorded(
        (x, { matmul(($0 + transposed($0)) * scale, maps).reshaped(shape) }))
}
