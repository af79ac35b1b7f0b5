import CVCore

/// The letterbox transform: scales an image to fit a frame, keeps its aspect ratio, places it and pads the rest; or stretches it
/// to the frame.
///
/// The resized sides are whole pixels, so the scales of the two axes differ slightly; mapping back uses these, so that
/// a round trip gives the same box.
public struct Letterbox: Sendable, Equatable {
    /// The width of the source image, in pixels.
    public let sourceWidth: Int
    /// The height of the source image, in pixels.
    public let sourceHeight: Int
    /// The width of the frame, in pixels.
    public let targetWidth: Int
    /// The height of the frame, in pixels.
    public let targetHeight: Int
    /// Where the image is within the frame.
    public let alignment: Alignment
    /// The width of the image within the frame, in pixels; at least 1.
    public let resizedWidth: Int
    /// The height of the image within the frame, in pixels; at least 1.
    public let resizedHeight: Int
    /// The left edge of the image within the frame: half the padding, rounded down, or 0.
    public let offsetX: Int
    /// The top edge of the image within the frame: half the padding, rounded down, or 0.
    public let offsetY: Int

    /// Where the image is within the frame.
    public enum Alignment: Sendable, Equatable {
        /// In the middle; half pixels of padding are rounded down at the left and the top.
        case center
        /// At the upper left, all padding at the right and the bottom, exactly as YOLOX has it: the sides are rounded down, a side
        /// that fills the frame possibly to a pixel less than that, and the scale of both axes is the requested one.
        case topLeft
        /// All over the frame: each axis has a scale of its own, and there is no padding.
        case stretched
    }

    /// The transform for an image and a frame.
    ///
    /// - Parameters:
    ///   - width: of the image, in pixels.
    ///   - height: of the image, in pixels.
    ///   - target: the size of the frame, in pixels.
    ///   - alignment: where the image is within the frame.
    public init(
        width: Int, height: Int, into target: (width: Int, height: Int), alignment: Alignment = .center
    ) {
        precondition(
            width > 0 && height > 0 && target.width > 0 && target.height > 0,
            "an image of \(width)×\(height) does not fit a frame of \(target.width)×\(target.height)")
        let scale = min(Double(target.width) / Double(width), Double(target.height) / Double(height))
        func side(_ source: Int, _ limit: Int) -> Int {
            guard alignment != .stretched else { return limit }
            let exact = Double(source) * scale
            let side = alignment == .center ? exact.rounded() : exact.rounded(.down)
            return min(max(1, Int(clamping: side)), limit)
        }
        sourceWidth = width
        sourceHeight = height
        targetWidth = target.width
        targetHeight = target.height
        resizedWidth = side(width, target.width)
        resizedHeight = side(height, target.height)
        self.alignment = alignment
        let isCentered = alignment == .center
        offsetX = isCentered ? (target.width - resizedWidth) / 2 : 0
        offsetY = isCentered ? (target.height - resizedHeight) / 2 : 0
    }

    /// The requested scale, common to both axes; the lesser one of a stretched image.
    public var scale: Double {
        min(Double(targetWidth) / Double(sourceWidth), Double(targetHeight) / Double(sourceHeight))
    }

    /// The actual horizontal scale: frame pixels per source pixel.
    public var scaleX: Double { alignment == .topLeft ? scale : Double(resizedWidth) / Double(sourceWidth) }
    /// The actual vertical scale: frame pixels per source pixel.
    public var scaleY: Double { alignment == .topLeft ? scale : Double(resizedHeight) / Double(sourceHeight) }

    /// Maps a point from the frame to the source image, without clipping.
    ///
    /// - Parameter point: in pixels of the frame.
    /// - Returns: a point in pixels of the source image.
    public func toSource(_ point: Point) -> Point {
        Point(
            x: Float((Double(point.x) - Double(offsetX)) / scaleX),
            y: Float((Double(point.y) - Double(offsetY)) / scaleY))
    }

    /// Maps a point from the source image to the frame.
    ///
    /// - Parameter point: in pixels of the source image.
    /// - Returns: a point in pixels of the frame.
    public func toTarget(_ point: Point) -> Point {
        Point(
            x: Float(Double(point.x) * scaleX + Double(offsetX)), y: Float(Double(point.y) * scaleY + Double(offsetY)))
    }

    /// Maps a box from the frame to the source image, without clipping; see ``Box/clipped(width:height:)``.
    ///
    /// - Parameter box: in pixels of the frame.
    /// - Returns: a box in pixels of the source image.
    public func toSource(_ box: Box) -> Box { Box(toSource(box.topLeft), toSource(box.bottomRight)) }

    /// Maps a box from the source image to the frame.
    ///
    /// - Parameter box: in pixels of the source image.
    /// - Returns: a box in pixels of the frame.
    public func toTarget(_ box: Box) -> Box { Box(toTarget(box.topLeft), toTarget(box.bottomRight)) }
}

extension Image {
    /// Letterboxes the image into a frame.
    ///
    /// - Parameters:
    ///   - width: of the frame, in pixels.
    ///   - height: of the frame, in pixels.
    ///   - fill: the color of the padding.
    ///   - filter: the resampling filter.
    /// - Returns: the frame, and the coordinate transform.
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

    /// Copies `image` onto this one, clipped to it. Samples are replaced, not blended.
    ///
    /// - Parameters:
    ///   - image: of the same format.
    ///   - x: the column of its left edge; any number.
    ///   - y: the row of its top edge; any number.
    public mutating func paste(_ image: Image, x: Int, y: Int) {
        precondition(image.format == format, "pasting .\(image.format) into .\(format)")
        // Compared before adding: x and y may be any number.
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
