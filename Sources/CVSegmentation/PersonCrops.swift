import CVCore
import CVDetection
import CVImage
import CVTask

/// A part of an image that goes through the network on its own, for one person.
public struct PersonCrop: Sendable, Equatable {
    /// The bounding box of the person in pixels of the image, as the detector finds it.
    public let person: Box
    /// The part of the image, in whole pixels: the person with the surroundings.
    public let frame: Box

    /// A square around a person, as far as the image reaches.
    ///
    /// The network stretches its input to a square, so a square crop keeps the proportions. The surroundings take in arms
    /// and hair outside the box, and show the network what is background.
    ///
    /// - Parameters:
    ///   - person: the bounding box in pixels of the image.
    ///   - width: of the image in pixels.
    ///   - height: of the image in pixels.
    public init(person: Box, width: Int, height: Int) {
        let half = max(person.width, person.height) * (0.5 + Self.padding)
        let (x, y) = ((person.minX + person.maxX) / 2, (person.minY + person.maxY) / 2)
        let square = Box(
            minX: (x - half).rounded(.down), minY: (y - half).rounded(.down), maxX: (x + half).rounded(.up),
            maxY: (y + half).rounded(.up))
        (self.person, frame) = (person, square.clipped(width: width, height: height))
    }

    /// The width of the surroundings on each side, as a fraction of the longer side of the box. Of 0.1, 0.25 and 0.5, on
    /// square crops and on such of the box's proportions, this one covers persons as well as any, with less of what is
    /// around them.
    private static let padding: Float = 0.25

    /// Adds the matte of the crop to that of the image: the larger alpha counts.
    ///
    /// The matte of the crop fades out over the outer half of the surroundings, so that its border is no edge in the result;
    /// where the crop ends with the image it does not.
    ///
    /// - Parameters:
    ///   - matte: of the crop.
    ///   - alpha: of the image, row by row.
    ///   - width: of the image in pixels.
    ///   - height: of the image in pixels.
    package func add(_ matte: Matte, to alpha: inout [UInt8], width: Int, height: Int) {
        let (left, top) = (Int(clamping: frame.minX), Int(clamping: frame.minY))
        let own = matte.alpha
        precondition(
            left + own.width <= width && top + own.height <= height,
            "a crop of \(own.width)×\(own.height) at (\(left), \(top)) of an image of \(width)×\(height)")
        let across = Self.weights(
            count: own.width, before: left > 0 ? person.minX - frame.minX : nil,
            after: left + own.width < width ? frame.maxX - person.maxX : nil)
        let down = Self.weights(
            count: own.height, before: top > 0 ? person.minY - frame.minY : nil,
            after: top + own.height < height ? frame.maxY - person.maxY : nil)
        alpha.withUnsafeMutableBufferPointer { alpha in
            own.values.withUnsafeBufferPointer { values in
                for y in 0..<own.height {
                    let row = (top + y) * width + left
                    for x in 0..<own.width {
                        let value = values[y * own.width + x]
                        guard value > alpha[row + x] else { continue }
                        let weighted = UInt8(clamping: Float(value) * min(across[x], down[y]) + 0.5)
                        alpha[row + x] = max(alpha[row + x], weighted)
                    }
                }
            }
        }
    }

    /// From 0 at a border to 1 halfway to the person; 1 from the first pixel on where the border is that of the image.
    private static func weights(count: Int, before: Float?, after: Float?) -> [Float] {
        func weight(_ distance: Float, _ margin: Float?) -> Float {
            guard let margin else { return 1 }
            return min(1, distance / max(1, margin / 2))
        }
        return (0..<count).map {
            let position = Float($0) + 0.5
            return min(weight(position, before), weight(Float(count) - position, after))
        }
    }
}

extension PersonSegmenter {
    /// When the network runs on a crop of each person, too.
    public enum Crops: String, Sendable, CaseIterable {
        /// If there are several persons, or one whose box covers less than a quarter of the image.
        case automatic = "auto"
        /// For every person that the detector finds.
        case always
        /// The network runs on the whole image only.
        case never
    }

    /// The parts of an image that go through the network on their own.
    ///
    /// The network was trained on single persons that fill the image: one that is small among others is missed, or half of
    /// it. Candidates of less than 10 % confidence, which suffice for a face that fills the image, give no crop: they are
    /// wrong too often.
    ///
    /// - Parameters:
    ///   - persons: as found by `detectPersons(in:)`.
    ///   - width: of the image in pixels.
    ///   - height: of the image in pixels.
    /// - Returns: a crop for each person; none where the whole image is enough.
    public func crops(for persons: [Detection], width: Int, height: Int) -> [PersonCrop] {
        let certain = persons.filter { $0.confidence >= Self.leastCropConfidence }
        switch crops {
        case .never: return []
        case .always: break
        case .automatic:
            if certain.count == 1, 4 * certain[0].box.area >= Float(width) * Float(height) { return [] }
        }
        return certain.map { PersonCrop(person: $0.box, width: width, height: height) }
    }

    private static let leastCropConfidence: Float = 0.1

    /// Runs the network on each crop and adds the mattes to that of the whole image.
    ///
    /// - Parameters:
    ///   - crops: as returned by `crops(for:width:height:)`.
    ///   - matte: of the whole image, as returned by `refine(_:of:near:)`.
    ///   - image: the image.
    ///   - persons: bounding boxes of all persons in pixels of the image; nil keeps all regions.
    /// - Returns: the larger alpha of each pixel.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity.
    public func adding(
        _ crops: [PersonCrop], to matte: Matte, of image: Image, near persons: [Box]?
    ) throws(NonFiniteOutput) -> Matte {
        if crops.isEmpty { return matte }
        var alpha = matte.alpha.values
        for crop in crops {
            guard let part = image.cropped(to: crop.frame) else { continue }
            let (x, y) = (crop.frame.minX, crop.frame.minY)
            let boxes = persons?.map {
                Box(minX: $0.minX - x, minY: $0.minY - y, maxX: $0.maxX - x, maxY: $0.maxY - y)
            }
            let own = refine(try run(prepare(part)), of: part, near: boxes)
            crop.add(own, to: &alpha, width: image.width, height: image.height)
        }
        return Matte(alpha: Mask(width: image.width, height: image.height, values: alpha))
    }
}
