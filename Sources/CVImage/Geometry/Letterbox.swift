import CVCore

/// The fitting of a picture into a frame of another shape: scaled as one, centred, the rest filled.
///
/// The resized sides are whole pixels, so the two axes have scales of their own that differ slightly; mapping
/// back uses those, and a box that goes there and back is the same box.
public struct Letterbox: Sendable, Equatable {
    /// The source picture, in pixels.
    public let sourceWidth: Int
    public let sourceHeight: Int
    /// The frame, in pixels.
    public let targetWidth: Int
    public let targetHeight: Int
    /// The source picture within the frame, in pixels; at least 1.
    public let resizedWidth: Int
    public let resizedHeight: Int
    /// Left and top edge of the picture within the frame: half the padding, rounded down.
    public let offsetX: Int
    public let offsetY: Int

    public init(width: Int, height: Int, into target: (width: Int, height: Int)) {
        precondition(
            width > 0 && height > 0 && target.width > 0 && target.height > 0,
            "a picture of \(width)×\(height) does not go into a frame of \(target.width)×\(target.height)")
        let scale = min(Double(target.width) / Double(width), Double(target.height) / Double(height))
        func side(_ source: Int, _ limit: Int) -> Int { min(max(1, Int((Double(source) * scale).rounded())), limit) }
        sourceWidth = width
        sourceHeight = height
        targetWidth = target.width
        targetHeight = target.height
        resizedWidth = side(width, target.width)
        resizedHeight = side(height, target.height)
        offsetX = (target.width - resizedWidth) / 2
        offsetY = (target.height - resizedHeight) / 2
    }

    /// The scale asked for, common to both axes.
    public var scale: Double {
        min(Double(targetWidth) / Double(sourceWidth), Double(targetHeight) / Double(sourceHeight))
    }

    /// Frame pixels per source pixel along x, as it came out.
    public var scaleX: Double { Double(resizedWidth) / Double(sourceWidth) }
    /// Frame pixels per source pixel along y, as it came out.
    public var scaleY: Double { Double(resizedHeight) / Double(sourceHeight) }

    /// From the frame to the source picture. Not clipped.
    public func toSource(_ point: Point) -> Point {
        Point(
            x: Float((Double(point.x) - Double(offsetX)) / scaleX),
            y: Float((Double(point.y) - Double(offsetY)) / scaleY))
    }

    /// From the source picture to the frame.
    public func toTarget(_ point: Point) -> Point {
        Point(
            x: Float(Double(point.x) * scaleX + Double(offsetX)), y: Float(Double(point.y) * scaleY + Double(offsetY)))
    }

    /// From the frame to the source picture. Not clipped: `Box.clipped` does that.
    public func toSource(_ box: Box) -> Box { Box(toSource(box.topLeft), toSource(box.bottomRight)) }

    /// From the source picture to the frame.
    public func toTarget(_ box: Box) -> Box { Box(toTarget(box.topLeft), toTarget(box.bottomRight)) }
}

extension Image {
    /// The picture fitted into a frame of `width` × `height`, what it leaves free in the colour `fill`.
    ///
    /// - Returns: the frame, and the mapping between its coordinates and this picture's.
    public func letterboxed(
        width: Int, height: Int, fill: Color = .letterbox, filter: ResizeFilter = .bilinear
    ) -> (image: Image, letterbox: Letterbox) {
        let letterbox = Letterbox(width: self.width, height: self.height, into: (width, height))
        let image = resized(width: letterbox.resizedWidth, height: letterbox.resizedHeight, filter: filter)
        if image.width == width, image.height == height { return (image, letterbox) }
        var frame = Image(width: width, height: height, format: format, fill: fill)
        frame.paste(image, x: letterbox.offsetX, y: letterbox.offsetY)
        return (frame, letterbox)
    }

    /// Copies `image` over this one with its top left corner at pixel (x, y); what falls outside is left out.
    ///
    /// Both have the same format. Samples are replaced, not blended.
    public mutating func paste(_ image: Image, x: Int, y: Int) {
        precondition(image.format == format, "pasting .\(image.format) into .\(format)")
        // Compared before added: x and y may be any number.
        guard x < width, y < height, x > -image.width, y > -image.height else { return }
        let columns = max(0, x)..<min(width, x + image.width)
        let rows = max(0, y)..<min(height, y + image.height)
        let (stride, channels) = (stride, channels)
        pixels.withUnsafeMutableBufferPointer { target in
            image.pixels.withUnsafeBufferPointer { source in
                for row in rows {
                    let from = (row - y) * image.stride + (columns.lowerBound - x) * channels
                    let into = row * stride + columns.lowerBound * channels
                    (target.baseAddress! + into).update(
                        from: source.baseAddress! + from, count: columns.count * channels)
                }
            }
        }
    }
}
