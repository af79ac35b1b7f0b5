import CVCore
import CVImage

/// The square of an image that a network for landmarks looks at, possibly turned.
public struct LandmarkRegion: Sendable, Equatable {
    /// In pixels of the image.
    public var center: Point
    /// In pixels of the image.
    public var side: Float
    /// By how much the object is turned counterclockwise, in degrees: the region turns with it, so that the network sees it upright.
    public var degrees: Double

    /// - Parameters:
    ///   - center: in pixels of the image.
    ///   - side: in pixels of the image.
    ///   - degrees: by how much the object is turned counterclockwise.
    public init(center: Point, side: Float, degrees: Double = 0) {
        (self.center, self.side, self.degrees) = (center, side, degrees)
    }

    /// The square around all of an image.
    ///
    /// - Parameters:
    ///   - width: of the image, in pixels.
    ///   - height: of the image, in pixels.
    public init(width: Int, height: Int) {
        self.init(
            center: Point(x: Float(width) / 2, y: Float(height) / 2), side: Float(max(width, height)))
    }

    /// Where to look first for the one object of an image: at all of it and at its middle; in a long image also at squares along it,
    /// since in the whole the object would be small.
    ///
    /// - Parameters:
    ///   - width: of the image, in pixels.
    ///   - height: of the image, in pixels.
    /// - Returns: at least one region.
    static func starts(width: Int, height: Int) -> [LandmarkRegion] {
        let whole = LandmarkRegion(width: width, height: height)
        var middle = whole
        middle.side *= 0.7
        let (longer, shorter) = (Float(max(width, height)), Float(min(width, height)))
        guard longer > 1.5 * shorter else { return [whole, middle] }
        // Half of each square is in the next one.
        let count = min(Int(clamping: (2 * longer / shorter).rounded(.up)) - 1, 15)
        return [whole, middle]
            + (0..<count).map { index in
                let position = shorter / 2 + (longer - shorter) * Float(index) / Float(max(count - 1, 1))
                let center =
                    width > height
                    ? Point(x: position, y: shorter / 2) : Point(x: shorter / 2, y: position)
                return LandmarkRegion(center: center, side: shorter)
            }
    }

    /// A square around a box.
    ///
    /// - Parameters:
    ///   - box: around an object, in pixels of the image.
    ///   - fill: the fraction of the region's side that the longer side of the box takes.
    ///   - degrees: by how much the object is turned counterclockwise.
    public init(around box: Box, fill: Double, degrees: Double = 0) {
        // Of a single point, a pixel.
        self.init(center: box.center, side: max(max(box.width, box.height), 1) / Float(fill), degrees: degrees)
    }

    /// The region turned by 90, 180 and 270 degrees.
    var quarterTurns: [LandmarkRegion] {
        [90, 180, 270].map { LandmarkRegion(center: center, side: side, degrees: degrees + $0) }
    }

    /// The map from the image to a square of this side.
    ///
    /// - Parameter pixels: the side of the network's input.
    /// - Returns: a map in pixels.
    public func map(to pixels: Int) -> AffineMap {
        let scale = Double(pixels) / Double(side)
        return AffineMap.translation(x: -Double(center.x), y: -Double(center.y))
            .then(.rotation(degrees: -degrees)).then(.scale(x: scale, y: scale))
            .then(.translation(x: Double(pixels) / 2, y: Double(pixels) / 2))
    }
}

extension LandmarkScheme {
    /// The center of each eye; nil for an object without eyes.
    ///
    /// - Parameter points: of the object.
    /// - Returns: the eye on the left of an upright image, and the other one.
    public func eyeCenters(_ points: [Point]) -> (left: Point, right: Point)? {
        guard let eyes else { return nil }
        func mean(_ indices: [Int]) -> Point {
            let sum = indices.reduce((x: Float(0), y: Float(0))) { ($0.x + points[$1].x, $0.y + points[$1].y) }
            return Point(x: sum.x / Float(indices.count), y: sum.y / Float(indices.count))
        }
        return (mean(eyes.left), mean(eyes.right))
    }

    /// By how much an object is turned counterclockwise, in degrees, from the line between its eyes; 0 for one without eyes.
    ///
    /// - Parameter points: of the object.
    /// - Returns: from -180 to 180.
    public func roll(_ points: [Point]) -> Double {
        guard let (left, right) = eyeCenters(points), left != right else { return 0 }
        return -atan2(Double(right.y - left.y), Double(right.x - left.x)) * 180 / .pi
    }
}

extension Image {
    /// An object upright and in one size: turned, scaled and shifted so that its eyes are at fixed positions, 35 % and 65 % of the
    /// side from the left and 40 % from the top.
    ///
    /// - Parameters:
    ///   - landmarks: of the object.
    ///   - scheme: with eyes.
    ///   - side: of the result, in pixels.
    /// - Returns: a square image; nil for a scheme without eyes, or eyes at the same position.
    public func aligned(_ landmarks: Landmarks, _ scheme: LandmarkScheme, side: Int) -> Image? {
        guard let (left, right) = scheme.eyeCenters(landmarks.points), left != right else { return nil }
        let between = hypot(Double(right.x - left.x), Double(right.y - left.y))
        let scale = Double(side) * AlignedFrame.eyeDistance / between
        let map = AffineMap.translation(x: -Double(left.x + right.x) / 2, y: -Double(left.y + right.y) / 2)
            .then(.rotation(degrees: -scheme.roll(landmarks.points))).then(.scale(x: scale, y: scale))
            .then(.translation(x: Double(side) / 2, y: Double(side) * AlignedFrame.eyeHeight))
        return map.inverse == nil ? nil : extracted(by: map, width: side, height: side, border: .fill(.black))
    }
}

/// Where the eyes of an aligned object are, as fractions of the side.
private enum AlignedFrame {
    static let eyeDistance = 0.3
    static let eyeHeight = 0.4
}
