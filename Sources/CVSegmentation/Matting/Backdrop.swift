import CVCore
import CVImage

/// The new background behind a cut-out foreground.
public enum Backdrop: Sendable, Equatable {
    /// A single color.
    case color(Color)
    /// An image, scaled to cover the frame and cropped at the center.
    case image(Image)
    /// The blurred background of the image itself, without its foreground.
    case blurred
}

extension Matte {
    /// Composites the foreground of an image over another background.
    ///
    /// - Parameters:
    ///   - image: of the size of the matte.
    ///   - backdrop: the new background.
    /// - Returns: an opaque image of the same size.
    public func composited(_ image: Image, over backdrop: Backdrop) -> Image {
        let front = cutOut(of: image)
        return switch backdrop {
        case .color(let color): front.flattened(over: color)
        case .image(let other): front.flattened(over: other.covering(width: image.width, height: image.height))
        case .blurred: front.flattened(over: blurredBackground(of: image))
        }
    }

    /// The background, extended into the region of the foreground, and blurred.
    private func blurredBackground(of image: Image) -> Image {
        let side = 480.0
        let scale = min(1, side / Double(max(image.width, image.height)))
        let (width, height) = (
            max(1, Int(clamping: Double(image.width) * scale)), max(1, Int(clamping: Double(image.height) * scale))
        )
        let small = image.withoutAlpha().resized(width: width, height: height, filter: .box)
        let covered = FloatPlane(averaging: alpha, width: width, height: height)
        let own = image.ownAlpha.map { FloatPlane(averaging: $0, width: width, height: height) }
        var pixels = [UInt8](repeating: 0, count: 4 * width * height)
        for index in 0..<width * height {
            for channel in 0..<3 { pixels[4 * index + channel] = small.pixels[3 * index + channel] }
            pixels[4 * index + 3] = UInt8(clamping: (1 - covered.values[index]) * (own?.values[index] ?? 1) * 255 + 0.5)
        }
        // The blur weights colors by alpha, which excludes those of the foreground.
        let blurred = Image(width: width, height: height, format: .rgba, pixels: pixels).blurred(
            sigma: 0.02 * Double(max(width, height)))
        return blurred.withoutAlpha().resized(width: image.width, height: image.height, filter: .bicubic)
    }
}

extension Image {
    /// The alpha channel; nil for an opaque format.
    fileprivate var ownAlpha: Mask? {
        guard format == .rgba else { return nil }
        return Mask(
            width: width, height: height,
            values: Swift.stride(from: 3, to: pixels.count, by: 4).map { pixels[$0] })
    }

    /// The largest centered crop with the aspect ratio of the frame, resized to the frame.
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
