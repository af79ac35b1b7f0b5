import CVCore
import CVImage
import CVWeights

/// Where the input of a network lies in the image that it was made of.
///
/// It maps what a network finds at a position of its input, such as a class activation, back to the image.
public struct InputFrame: Sendable, Equatable {
    /// Width of the input, in pixels.
    public let width: Int
    /// Height of the input, in pixels.
    public let height: Int
    /// All of the input, in pixels of the image: part of it where it was cropped, more than it where it was letterboxed.
    public let box: Box

    /// A frame.
    ///
    /// - Parameters:
    ///   - width: of the input, in pixels.
    ///   - height: of the input, in pixels.
    ///   - box: all of the input, in pixels of the image.
    public init(width: Int, height: Int, box: Box) {
        (self.width, self.height, self.box) = (width, height, box)
    }

    /// From the input to the image. Not clipped.
    ///
    /// - Parameter part: in pixels of the input.
    /// - Returns: the same in pixels of the image.
    public func toSource(_ part: Box) -> Box {
        let (scaleX, scaleY) = (box.width / Float(width), box.height / Float(height))
        return Box(
            minX: box.minX + part.minX * scaleX, minY: box.minY + part.minY * scaleY,
            maxX: box.minX + part.maxX * scaleX, maxY: box.minY + part.maxY * scaleY)
    }
}

extension Preprocessing {
    /// Where the input lies in an image of this size.
    ///
    /// - Parameters:
    ///   - sourceWidth: of the image, in pixels.
    ///   - sourceHeight: of the image, in pixels.
    /// - Returns: the frame of the input.
    public func frame(width sourceWidth: Int, height sourceHeight: Int) -> InputFrame {
        switch resize {
        case .stretch:
            return InputFrame(
                width: width, height: height,
                box: Box(minX: 0, minY: 0, maxX: Float(sourceWidth), maxY: Float(sourceHeight)))
        case .letterbox:
            let letterbox = letterbox(width: sourceWidth, height: sourceHeight)
            return InputFrame(
                width: width, height: height,
                box: letterbox.toSource(Box(minX: 0, minY: 0, maxX: Float(width), maxY: Float(height))))
        case .crop:
            return Covering(width: sourceWidth, height: sourceHeight, by: cropFrame, cut: (width, height)).frame
        }
    }

    /// The frame that an image must cover before its center is cropped.
    var cropFrame: (width: Int, height: Int) {
        let shorter = min(width, height)
        let side = max(shorterSide ?? shorter, shorter)
        return (width * side / shorter, height * side / shorter)
    }
}

/// How an image is resized to cover a frame, and its center is cropped: torchvision's `Resize` of the shorter side and
/// `CenterCrop`.
///
/// The longer side is rounded down, the offset to the nearest, halves to even, as there.
struct Covering {
    /// The middle of the image that is resized at all, so that neither side is more than 8 times as long as the
    /// frame's proportions ask for: of a very long image only the center is used, so that no huge one is made.
    let part: (x: Int, y: Int, width: Int, height: Int)
    /// What that part is resized to.
    let resized: (width: Int, height: Int)
    /// What is cut out of that.
    let cut: (x: Int, y: Int, width: Int, height: Int)

    init(
        width: Int, height: Int, by frame: (width: Int, height: Int), cut target: (width: Int, height: Int)
    ) {
        let limit = 8
        let widest = min(width, max(1, limit * height * frame.width / frame.height))
        let highest = min(height, max(1, limit * width * frame.height / frame.width))
        part = ((width - widest) / 2, (height - highest) / 2, widest, highest)
        let isWide = widest * frame.height > highest * frame.width
        resized =
            isWide
            ? (max(frame.width, frame.height * widest / highest), frame.height)
            : (frame.width, max(frame.height, frame.width * highest / widest))
        func middle(_ room: Int) -> Int { Int(clamping: (Double(room) / 2).rounded(.toNearestOrEven)) }
        cut = (
            middle(resized.width - target.width), middle(resized.height - target.height), target.width, target.height
        )
    }

    var frame: InputFrame {
        let (scaleX, scaleY) = (
            Float(part.width) / Float(resized.width), Float(part.height) / Float(resized.height)
        )
        let (x, y) = (Float(part.x) + Float(cut.x) * scaleX, Float(part.y) + Float(cut.y) * scaleY)
        return InputFrame(
            width: cut.width, height: cut.height,
            box: Box(minX: x, minY: y, maxX: x + Float(cut.width) * scaleX, maxY: y + Float(cut.height) * scaleY))
    }
}

extension Image {
    /// Resized so that it covers the frame; what stands out is still there.
    func resized(_ covering: Covering, filter: Preprocessing.Filter) -> Image {
        let part = covering.part
        let isWhole = part.width == width && part.height == height
        return (isWhole ? self : cropped(x: part.x, y: part.y, width: part.width, height: part.height))
            .scaled(width: covering.resized.width, height: covering.resized.height, filter)
    }
}

extension InputFrame: Codable {
    private enum CodingKeys: CodingKey { case width, height, box }

    /// - Throws: `DecodingError` for a frame without pixels.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        width = try container.decode(Int.self, forKey: .width)
        height = try container.decode(Int.self, forKey: .height)
        box = try container.decode(Box.self, forKey: .box)
        let isSized = box.width > 0 && box.height > 0 && box.width.isFinite && box.height.isFinite
        guard width > 0, height > 0, isSized else {
            throw DecodingError.invalid(decoder, "a frame of \(width)×\(height) pixels in \(box) is empty")
        }
    }
}
