import CVCore
import CVImage

/// Where the points of an aligned face lie: a network for faces expects all of them alike.
public struct FaceTemplate: Sendable, Equatable {
    /// The name that weights call it by.
    public let name: String
    /// The sides of an aligned face, in pixels.
    public let side: Int
    /// In pixels of the aligned face.
    public let points: [FacePoint: Point]

    /// A template.
    ///
    /// - Parameters:
    ///   - name: what weights call it.
    ///   - side: of an aligned face, in pixels.
    ///   - points: in pixels of the aligned face; two at least.
    public init(name: String, side: Int, points: [FacePoint: Point]) {
        (self.name, self.side, self.points) = (name, side, points)
    }

    /// That of ArcFace (Deng et al. 2019, arXiv:1801.07698), 112 × 112, which SFace expects too.
    public static let arcFace = FaceTemplate(
        name: "arcface", side: 112,
        // Given for centers of pixels at whole numbers.
        points: [
            .rightEye: (38.2946, 51.6963), .leftEye: (73.5318, 51.5014), .nose: (56.0252, 71.7366),
            .rightMouthCorner: (41.5493, 92.3655), .leftMouthCorner: (70.7299, 92.2041), .mouth: (56.1396, 92.2848),
        ].mapValues { Point(x: $0.0 + 0.5, y: $0.1 + 0.5) })

    /// That of dlib's face chips, 150 × 150 with a padding of a quarter: its mean shape of 68 points, reduced to the centers of
    /// the eyes, the tip of the nose and the corners of the mouth.
    public static let dlib = FaceTemplate(
        name: "dlib", side: 150,
        points: [
            .rightEye: (0.225492, 0.215993), .leftEye: (0.754761, 0.215993), .nose: (0.490127, 0.515625),
            .rightMouthCorner: (0.254149, 0.780233), .leftMouthCorner: (0.726104, 0.780233),
            .mouth: (0.490127, 0.780233),
        ].mapValues { Point(x: ($0.0 + 0.25) / 1.5 * 150, y: ($0.1 + 0.25) / 1.5 * 150) })

    /// That of ArcFace without most of the hair and the ground, 84 × 84: for small networks that are trained on few people.
    public static let tight = FaceTemplate(
        name: "tight", side: 84, points: arcFace.points.mapValues { Point(x: $0.x - 14, y: $0.y - 19) })

    /// The templates that weights may name.
    static let all = [arcFace, dlib, tight]

    /// The template that weights name, nil if they name none.
    ///
    /// - Parameters:
    ///   - alignment: what the metadata say.
    ///   - path: of the weights, for the message.
    /// - Throws: `FaceError` for a name that is not known.
    init?(alignment: String?, of path: String) throws(FaceError) {
        guard let alignment else { return nil }
        guard let template = Self.all.first(where: { $0.name == alignment }) else {
            let known = Self.all.map(\.name).joined(separator: " or ")
            throw FaceError(path, .setting(key: "alignment", found: alignment, expected: known))
        }
        self = template
    }

    /// The similarity transform that moves the points of a face nearest to those of the template, in the sense of least squares
    /// (Umeyama 1991): rotation, uniform scale and translation, no reflection.
    ///
    /// - Parameter face: in pixels of an image.
    /// - Returns: the map from the image to the aligned face; nil for a face with fewer than two known points, or whose points
    ///   coincide.
    public func map(for face: Face) -> AffineMap? {
        // The middle of the mouth would count the corners twice.
        let hasCorners = face[.rightMouthCorner] != nil && points[.rightMouthCorner] != nil
        let pairs = FacePoint.allCases.compactMap { point -> (from: Point, to: Point)? in
            guard !(point == .mouth && hasCorners), let from = face[point], let to = points[point] else { return nil }
            return (from, to)
        }
        return AffineMap.similarity(from: pairs.map(\.from), to: pairs.map(\.to))
    }

    /// The face as a network expects it.
    ///
    /// - Parameters:
    ///   - face: in pixels of `image`.
    ///   - image: of any size; what lies outside is black.
    /// - Returns: `side` × `side` pixels; nil where `map(for:)` is nil.
    public func aligned(_ face: Face, in image: Image) -> Image? {
        map(for: face).map { image.withoutAlpha().warpedAntialiased(by: $0, width: side, height: side) }
    }
}

extension AffineMap {
    /// The similarity transform that moves points nearest to others in the sense of least squares (Umeyama 1991): rotation,
    /// uniform scale and translation, no reflection.
    ///
    /// In the complex plane it is z → a·z + b, so that no decomposition is needed.
    ///
    /// - Parameters:
    ///   - source: in pixels.
    ///   - target: as many.
    /// - Returns: the map; nil for fewer than two points, or points that coincide or are not finite.
    public static func similarity(from source: [Point], to target: [Point]) -> AffineMap? {
        precondition(source.count == target.count, "\(source.count) points to \(target.count)")
        guard source.count >= 2 else { return nil }
        func mean(_ points: [Point]) -> (x: Double, y: Double) {
            let count = Double(points.count)
            return (points.reduce(0) { $0 + Double($1.x) } / count, points.reduce(0) { $0 + Double($1.y) } / count)
        }
        let (from, to) = (mean(source), mean(target))
        var (cosine, sine, spread) = (0.0, 0.0, 0.0)
        for (p, q) in zip(source, target) {
            let (px, py) = (Double(p.x) - from.x, Double(p.y) - from.y)
            let (qx, qy) = (Double(q.x) - to.x, Double(q.y) - to.y)
            cosine += px * qx + py * qy
            sine += px * qy - py * qx
            spread += px * px + py * py
        }
        let (a, b) = (cosine / spread, sine / spread)
        let map = AffineMap(
            a: a, b: -b, c: to.x - a * from.x + b * from.y, d: b, e: a, f: to.y - b * from.x - a * from.y)
        return map.isFinite && map.inverse != nil ? map : nil
    }
}
