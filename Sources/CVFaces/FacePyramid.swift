import CVCore
import CVImage

/// The sizes of faces that a detector finds, in pixels of its input.
struct FaceReach: Sendable {
    /// The longer side of the image at the coarsest level: a face that fills the image is found there.
    let firstSide: Double
    /// From one level to the next; faces that one level finds too large are found at the one before.
    let step: Double
    /// The smallest face that is found well.
    let smallestFace: Double

    /// By the name of the network.
    init(model: String) {
        switch model {
        case "blazeface-short": self.init(firstSide: 128, step: 2, smallestFace: 28)
        case "blazeface-full": self.init(firstSide: 192, step: 3, smallestFace: 16)
        default: self.init(firstSide: 160, step: 4, smallestFace: 22)
        }
    }

    private init(firstSide: Double, step: Double, smallestFace: Double) {
        (self.firstSide, self.step, self.smallestFace) = (firstSide, step, smallestFace)
    }
}

/// The parts of an image that a detector looks at, each at a scale: the whole image at some, tiles of it at large ones.
struct FacePyramid {
    /// A part of the image, and the size that it has as an input.
    struct View {
        /// In whole pixels of the image.
        let region: Box
        /// In pixels, multiples of the network's stride.
        let width, height: Int
    }

    let views: [View]

    /// The longer side of a larger input is divided into tiles.
    private static let longestSide = 1664.0
    /// Pixels of the input that neighboring tiles share; larger faces are found at the level before.
    private static let overlap = 256.0
    /// A face of fewer pixels has no more details in an image that is upsampled by more.
    private static let largestScale = 2.0

    /// - Parameters:
    ///   - width: of the image.
    ///   - height: of the image.
    ///   - minimumSize: of a face, in pixels of the image.
    ///   - reach: of the detector.
    ///   - stride: sides of inputs are multiples of it.
    init(width: Int, height: Int, minimumSize: Float, reach: FaceReach, stride: Int) {
        let longest = Double(max(width, height))
        let finest = min(reach.smallestFace / Double(max(minimumSize, 1)), Self.largestScale)
        var scales = [reach.firstSide / longest]
        while let last = scales.last, last < finest { scales.append(min(last * reach.step, max(finest, last * 1.25))) }
        views = scales.flatMap { scale in
            let columns = Self.parts(of: width, scale: scale)
            let rows = Self.parts(of: height, scale: scale)
            return rows.flatMap { row in
                columns.map { column in
                    View(
                        region: Box(
                            minX: Float(column.lowerBound), minY: Float(row.lowerBound),
                            maxX: Float(column.upperBound), maxY: Float(row.upperBound)),
                        width: Self.side(column.count, scale: scale, stride: stride),
                        height: Self.side(row.count, scale: scale, stride: stride))
                }
            }
        }
    }

    private static func side(_ length: Int, scale: Double, stride: Int) -> Int {
        let pixels = Int(clamping: (Double(length) * scale).rounded(.up))
        return max(1, (pixels + stride - 1) / stride) * stride
    }

    /// One side of the image in parts of equal lengths that overlap.
    private static func parts(of length: Int, scale: Double) -> [Range<Int>] {
        let scaled = Double(length) * scale
        guard scaled > longestSide else { return [0..<length] }
        let count = Int(clamping: ((scaled - overlap) / (longestSide - overlap)).rounded(.up))
        let part = Int(clamping: (longestSide / scale).rounded(.up))
        return (0..<count).map { index in
            let start = (length - part) * index / (count - 1)
            return start..<start + part
        }
    }
}
