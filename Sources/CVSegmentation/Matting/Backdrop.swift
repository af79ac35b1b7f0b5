import CVCore
import CVImage

/// What a cut-out is laid over.
public enum Backdrop: Sendable, Equatable {
    case color(Color)
    /// Enlarged or reduced until it covers the picture, and cut to its middle.
    case image(Image)
    /// The picture itself without what is in front, out of focus.
    case blurred
}

extension Matte {
    /// What is in front of `image`, over something else.
    public func composited(_ image: Image, over backdrop: Backdrop) -> Image {
        let front = cutOut(of: image)
        return switch backdrop {
        case .color(let color): front.flattened(over: color)
        case .image(let other): front.flattened(over: other.covering(width: image.width, height: image.height))
        case .blurred: front.flattened(over: blurredBackground(of: image))
        }
    }

    /// What is behind, spread out to where it is hidden, and blurred.
    private func blurredBackground(of image: Image) -> Image {
        let side = 480.0
        let scale = min(1, side / Double(max(image.width, image.height)))
        let (width, height) = (
            max(1, Int(Double(image.width) * scale)), max(1, Int(Double(image.height) * scale))
        )
        let small = image.withoutAlpha().resized(width: width, height: height, filter: .box)
        let covered = FloatPlane(averaging: alpha, width: width, height: height)
        var pixels = [UInt8](repeating: 0, count: 4 * width * height)
        for index in 0..<width * height {
            for channel in 0..<3 { pixels[4 * index + channel] = small.pixels[3 * index + channel] }
            pixels[4 * index + 3] = UInt8((1 - covered.values[index]) * 255 + 0.5)
        }
        // Colours are weighed by alpha when blurred: those of the front take no part.
        let blurred = Image(width: width, height: height, format: .rgba, pixels: pixels).blurred(
            sigma: 0.02 * Double(max(width, height)))
        return blurred.withoutAlpha().resized(width: image.width, height: image.height, filter: .bicubic)
    }
}

extension Image {
    /// The middle of the picture, with the proportions of the frame, at its size.
    func covering(width: Int, height: Int) -> Image {
        let scale = max(Float(width) / Float(self.width), Float(height) / Float(self.height))
        let across = min(Float(width) / scale, Float(self.width))
        let down = min(Float(height) / scale, Float(self.height))
        let (left, top) = ((Float(self.width) - across) / 2, (Float(self.height) - down) / 2)
        let middle = Box(minX: left, minY: top, maxX: left + across, maxY: top + down)
        return withoutAlpha().resized(
            width: width, height: height, region: middle.clipped(width: self.width, height: self.height))
    }
}
