import CVImage
import CVTensor
import CVWeights

/// A mask over an image: brightness is the weight of a pixel.
///
/// The feature maps are multiplied by the mask before their Gram matrix is computed (guided Gram matrices, Gatys et al.
/// 2016, arXiv:1611.07865); the squares of the mask sum to 1, as 1 / pixels does without one.
package struct StyleMask {
    private let image: Image

    package init(_ image: Image) { self.image = image.withoutAlpha() }

    /// The mean brightness, 0…1.
    package var share: Float {
        let levels = levels(width: image.width, height: image.height)
        return Float(levels.reduce(0.0) { $0 + Double($1) } / Double(levels.count))
    }

    /// The guided Gram matrix: [1, C, H, W] -> [1, C, C].
    package func gram(_ x: Tensor) -> Tensor {
        let (height, width) = (x.shape[2], x.shape[3])
        let levels = levels(width: width, height: height)
        let sum = levels.reduce(0.0) { $0 + Double($1) }
        // `gram` divides by the number of pixels.
        let scale = Double(width * height) / max(sum, 1e-6)
        let roots = levels.map { Float((Double($0) * scale).squareRoot()) }
        return CVTensor.gram(x * Tensor(roots, shape: [1, 1, height, width]))
    }

    /// The brightness, 0…1, row-major.
    private func levels(width: Int, height: Int) -> [Float] {
        Preprocessing(width: width, height: height, resize: .stretch, channels: .gray).tensor(image).values
    }
}
