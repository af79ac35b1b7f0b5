import CVImage

extension [Image] {
    /// The images below each other, at the left; white where one is narrower. At least one image, all in RGB.
    var stacked: Image {
        let width = map(\.width).max() ?? 1
        let height = reduce(0) { $0 + $1.height }
        let white: UInt8 = 255
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for image in self {
            for y in 0..<image.height {
                pixels += image.pixels[y * image.width * 3..<(y + 1) * image.width * 3]
                pixels += repeatElement(white, count: (width - image.width) * 3)
            }
        }
        return Image(width: width, height: Swift.max(height, 1), format: .rgb, pixels: pixels)
    }
}
