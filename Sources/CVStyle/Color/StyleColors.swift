import CVCore
import CVImage
import CVNN
import CVTensor
import CVWeights

extension Image {
    /// [1, 3, height, width], RGB from 0 to 1.
    package var unitTensor: Tensor { Preprocessing(width: width, height: height, resize: .stretch).tensor(self) }

    /// From [1, 3, height, width], RGB from 0 to 1; what lies outside is cut off.
    init(unit x: Tensor) {
        let (height, width) = (x.shape[2], x.shape[3])
        let plane = width * height
        let pixels = [UInt8](unsafeUninitializedCapacity: 3 * plane) { pixels, count in
            x.withValues { values in
                for index in 0..<plane {
                    for channel in 0..<3 {
                        // NaN is neither.
                        let value = values[channel * plane + index]
                        pixels[3 * index + channel] = value > 0 ? UInt8(min(value, 1) * 255 + 0.5) : 0
                    }
                }
            }
            count = 3 * plane
        }
        self.init(width: width, height: height, format: .rgb, pixels: pixels)
    }

    /// The brightness of this picture with the colours of another of the same size (Gatys et al. 2016,
    /// arXiv:1606.05897, section 5.2).
    ///
    /// Brightness as in ITU-R 601-2. A colour that cannot be as bright or as dark becomes paler, and keeps its hue.
    package func withColors(of other: Image) -> Image {
        precondition((width, height) == (other.width, other.height), "colours of a picture of another size")
        func luma(_ r: Float, _ g: Float, _ b: Float) -> Float { 0.299 * r + 0.587 * g + 0.114 * b }
        let count = width * height
        let samples = [UInt8](unsafeUninitializedCapacity: 3 * count) { result, initialized in
            for start in Swift.stride(from: 0, to: 3 * count, by: 3) {
                func color(_ image: Image) -> (Float, Float, Float) {
                    (Float(image.pixels[start]), Float(image.pixels[start + 1]), Float(image.pixels[start + 2]))
                }
                let (own, wanted) = (color(self), color(other))
                let brightness = luma(own.0, own.1, own.2)
                let gray = luma(wanted.0, wanted.1, wanted.2)
                let chroma = [wanted.0 - gray, wanted.1 - gray, wanted.2 - gray]
                // How much colour there is room for.
                let room = chroma.map { $0 > 0 ? (255 - brightness) / $0 : $0 < 0 ? -brightness / $0 : 1 }
                let strength = min(1, room.min() ?? 1)
                for channel in 0..<3 {
                    let value = brightness + strength * chroma[channel]
                    result[start + channel] = UInt8(min(max(value, 0), 255) + 0.5)
                }
            }
            initialized = 3 * count
        }
        return Image(width: width, height: height, format: .rgb, pixels: samples)
    }
}
