import CVImage

/// The mean and the covariance of the colours of a picture, RGB from 0 to 1.
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

    /// Of all colours of several pictures together. weights: how much each counts.
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

    /// The matrix that gives colours with this covariance the other one, and moves them as little as possible: the linear
    /// Monge-Kantorovitch map (Pitié & Kokaram 2007, doi:10.1049/cp:20070055).
    package func map(to other: StylePalette) -> Matrix3 {
        // A picture in shades of one colour has no spread along the others.
        let own = covariance + .identity * 1e-4
        let root = own.squareRoot()
        let inverse = own.squareRoot(inverted: true)
        return inverse * (root * other.covariance * root).squareRoot() * inverse
    }
}

extension Image {
    /// The same picture with a palette, the mean and the covariance of all colours, that is `palette`'s.
    ///
    /// All colours are changed in the same way: what was alike stays alike.
    package func withPalette(_ palette: StylePalette) -> Image {
        let own = StylePalette(self)
        let map = own.map(to: palette)
        var samples: [UInt8] = []
        samples.reserveCapacity(3 * width * height)
        withoutAlpha().forEachColor { color in
            let new = palette.mean + map * (color - own.mean)
            for channel in 0..<3 { samples.append(UInt8(min(max(new[channel], 0), 1) * 255 + 0.5)) }
        }
        return Image(width: width, height: height, format: .rgb, pixels: samples)
    }

    /// With the palette of several styles, mixed by their weights.
    package func withPalette(of styles: [StyleSource]) -> Image {
        withPalette(StylePalette(mixing: styles.map { (StylePalette($0.image), Double($0.weight)) }))
    }

    /// RGB pictures only.
    fileprivate func forEachColor(_ body: (SIMD3<Double>) -> Void) {
        pixels.withUnsafeBufferPointer { pixels in
            for start in Swift.stride(from: 0, to: pixels.count, by: 3) {
                body(SIMD3(Double(pixels[start]), Double(pixels[start + 1]), Double(pixels[start + 2])) / 255)
            }
        }
    }
}
