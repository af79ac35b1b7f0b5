import CVCore
import CVImage

/// The mean and the covariance of the colors of an image, RGB from 0 to 1.
package struct StylePalette {
    package let mean: SIMD3<Double>
    package let covariance: Matrix3

    package init(_ image: Image) {
        let image = image.withoutAlpha()
        var (sum, products) = (SIMD3<Double>.zero, Matrix3.zero)
        image.forEachColor { color in
            sum += color
            products += Matrix3(color, color)
        }
        let count = Double(image.width * image.height)
        mean = sum / count
        covariance = products * (1 / count) - Matrix3(mean, mean)
    }

    /// The palette of several images together, weighted.
    package init(mixing palettes: [(palette: StylePalette, weight: Double)]) {
        let total = palettes.reduce(0) { $0 + $1.weight }
        var (mean, squares) = (SIMD3<Double>.zero, Matrix3.zero)
        for (palette, weight) in palettes {
            mean += palette.mean * (weight / total)
            squares += (palette.covariance + Matrix3(palette.mean, palette.mean)) * (weight / total)
        }
        self.mean = mean
        covariance = squares - Matrix3(mean, mean)
    }

    /// The linear Monge-Kantorovich map (Pitié & Kokaram 2007, doi:10.1049/cp:20070055): of all matrices that transform colors
    /// of this covariance to the other's, the one that changes them least.
    package func map(to other: StylePalette) -> Matrix3 {
        // An image in shades of one color has no variance along other axes.
        let own = covariance + .identity * 1e-4
        let root = own.squareRoot()
        let inverse = own.squareRoot(inverted: true)
        return inverse * (root * other.covariance * root).squareRoot() * inverse
    }
}

extension Image {
    /// This image with its colors transformed linearly so that their mean and covariance are those of `palette`.
    package func withPalette(_ palette: StylePalette) -> Image {
        let own = StylePalette(self)
        let map = own.map(to: palette)
        var samples: [UInt8] = []
        samples.reserveCapacity(3 * width * height)
        withoutAlpha().forEachColor { color in
            let new = palette.mean + map * (color - own.mean)
            for channel in 0..<3 { samples.append(UInt8(clamping: min(max(new[channel], 0), 1) * 255 + 0.5)) }
        }
        return Image(width: width, height: height, format: .rgb, pixels: samples)
    }

    /// This image with the palette of several styles, blended by their weights.
    package func withPalette(of styles: [StyleSource]) -> Image {
        withPalette(StylePalette(mixing: styles.map { (StylePalette($0.image), Double($0.weight)) }))
    }

    /// For RGB images only.
    fileprivate func forEachColor(_ body: (SIMD3<Double>) -> Void) {
        pixels.withUnsafeBufferPointer { pixels in
            for start in Swift.stride(from: 0, to: pixels.count, by: 3) {
                body(SIMD3(Double(pixels[start]), Double(pixels[start + 1]), Double(pixels[start + 2])) / 255)
            }
        }
    }
}
