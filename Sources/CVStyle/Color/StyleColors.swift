import CVCore
import CVImage
import CVNN
import CVTensor
import CVWeights

extension Image {
    /// [1, 3, height, width], RGB from 0 to 1.
    package var unitTensor: Tensor { Preprocessing(width: width, height: height, resize: .stretch).tensor(self) }

    /// From [1, 3, height, width], RGB from 0 to 1; values outside are clamped.
    init(unit x: Tensor) {
        let (height, width) = (x.shape[2], x.shape[3])
        let plane = width * height
        let pixels = [UInt8](unsafeUninitializedCapacity: 3 * plane) { pixels, count in
            x.withValues { values in
                for index in 0..<plane {
                    for channel in 0..<3 {
                        // NaN becomes 0.
                        let value = values[channel * plane + index]
                        pixels[3 * index + channel] = value > 0 ? UInt8(clamping: min(value, 1) * 255 + 0.5) : 0
                    }
                }
            }
            count = 3 * plane
        }
        self.init(width: width, height: height, format: .rgb, pixels: pixels)
    }

    /// The luminance of this image with the colors of another of the same size (luminance-only transfer, Gatys et al. 2016,
    /// arXiv:1606.05897, section 5.2).
    ///
    /// Luma as in ITU-R 601-2. A color that cannot have the luma becomes less saturated, with the same hue.
    package func withColors(of other: Image) -> Image {
        precondition((width, height) == (other.width, other.height), "colors of an image of another size")
        func luma(_ r: Float, _ g: Float, _ b: Float) -> Float { 0.299 * r + 0.587 * g + 0.114 * b }
        let count = width * height
        let samples = [UInt8](unsafeUninitializedCapacity: 3 * count) { result, initialized in
            for start in Swift.stride(from: 0, to: 3 * count, by: 3) {
                func color(_ image: Image) -> (Float, Float, Float) {
                    (Float(image.pixels[start]), Float(image.pixels[start + 1]), Float(image.pixels[start + 2]))
                }
                let (own, target) = (color(self), color(other))
                let brightness = luma(own.0, own.1, own.2)
                let gray = luma(target.0, target.1, target.2)
                let chroma = [target.0 - gray, target.1 - gray, target.2 - gray]
                // The largest saturation in gamut.
                let room = chroma.map { $0 > 0 ? (255 - brightness) / $0 : $0 < 0 ? -brightness / $0 : 1 }
                let strength = min(1, room.min() ?? 1)
                for channel in 0..<3 {
                    let value = brightness + strength * chroma[channel]
                    result[start + channel] = UInt8(clamping: min(max(value, 0), 255) + 0.5)
                }
            }
            initialized = 3 * count
        }
        return Image(width: width, height: height, format: .rgb, pixels: samples)
    }
}
