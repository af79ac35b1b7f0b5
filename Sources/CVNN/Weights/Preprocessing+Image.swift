import CVCore
import CVImage
import CVTensor

extension Preprocessing {
    /// The network's input for a picture that is fitted into a frame, and the mapping between the two.
    ///
    /// The picture is resized in 8 bits, as Pillow does it, and the frame around it is exactly `fill`. Transparency is
    /// ignored: the colours below it count, as with Pillow's `convert("RGB")`.
    ///
    /// - Returns: [1, 3, height, width], `(pixel - mean) / std`.
    public func letterboxed(_ image: Image) -> (Tensor, Letterbox) {
        precondition(resize == .letterbox, "preprocessing by \(resize.rawValue), not letterbox")
        let letterbox = Letterbox(width: image.width, height: image.height, into: (width, height))
        let opaque = image.withoutAlpha()
        let small = opaque.resized(
            width: letterbox.resizedWidth, height: letterbox.resizedHeight,
            filter: ResizeFilter(rawValue: filter.rawValue) ?? .bilinear)
        let tensor = Tensor(shape: [1, 3, height, width]) { planes in
            small.pixels.withUnsafeBufferPointer { pixels in
                Parallel.forEach(3) { channel in
                    let source = channels == .rgb ? channel : 2 - channel
                    let plane = UnsafeMutableBufferPointer(
                        rebasing: planes[channel * width * height..<(channel + 1) * width * height])
                    plane.initialize(repeating: normalized(fill[source], source))
                    // 256 levels: the division is made once for each.
                    let levels = (0...255).map { normalized(Float($0), source) }
                    for y in 0..<small.height {
                        let row = plane.baseAddress! + (y + letterbox.offsetY) * width + letterbox.offsetX
                        let from = pixels.baseAddress! + y * small.stride + source
                        for x in 0..<small.width { row[x] = levels[Int(from[3 * x])] }
                    }
                }
            }
        }
        return (tensor, letterbox)
    }

    private func normalized(_ value: Float, _ channel: Int) -> Float { (value - mean[channel]) / std[channel] }

    /// As darknet prepares a picture: letterboxed with a grey of one half, RGB from 0 to 1.
    public static func darknet(width: Int, height: Int) -> Preprocessing {
        Preprocessing(width: width, height: height, resize: .letterbox, fill: [127.5, 127.5, 127.5])
    }
}
