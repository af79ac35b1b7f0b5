import CVCore
import CVImage

/// Reproducible random colors.
public func noise(width: Int, height: Int, seed: UInt64) -> Image {
    var numbers = SplitMix64(seed: seed)
    let pixels = (0..<3 * width * height).map { _ in UInt8(truncatingIfNeeded: numbers.next() >> 32) }
    return Image(width: width, height: height, format: .rgb, pixels: pixels)
}

/// A synthetic image, equal to that of `Tools/golden/preprocessing.py`.
public func ramp(width: Int, height: Int) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width {
            pixels += [x * 19 + y * 3, x * 7 + y * 31 + 40, x * x * 5 + y * 11].map { UInt8($0 % 256) }
        }
    }
    return Image(width: width, height: height, format: .rgb, pixels: pixels)
}
