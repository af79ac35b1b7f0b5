import CVCore
import CVImage

/// What the points of an object are: their names, which of them swap in a mirror image, and the lines between them.
public struct LandmarkScheme: Sendable, Equatable {
    /// A line through some of the points, such as that of the lips.
    public struct Contour: Sendable, Equatable {
        /// Such as `jaw`.
        public let name: String
        /// Indices of points, in the order of the line.
        public let points: [Int]
        /// Whether the last point is connected with the first.
        public let isClosed: Bool

        /// - Parameters:
        ///   - name: of the line.
        ///   - points: indices of points, in order.
        ///   - isClosed: whether the last point is connected with the first.
        public init(_ name: String, _ points: [Int], isClosed: Bool = false) {
            (self.name, self.points, self.isClosed) = (name, points, isClosed)
        }
    }

    /// Two eyes, or two other parts that an object has on either side.
    public struct Eyes: Sendable, Equatable {
        /// Indices of the points whose mean is the center of the eye that is on the left of an upright image.
        public let left: [Int]
        /// The same of the other eye.
        public let right: [Int]
        /// The outer corners: their distance is what errors are divided by.
        public let corners: (left: Int, right: Int)

        /// - Parameters:
        ///   - left: indices of the points of the eye that is on the left of the image.
        ///   - right: those of the other eye.
        ///   - corners: the indices of the outer corners.
        public init(left: [Int], right: [Int], corners: (left: Int, right: Int)) {
            precondition(!left.isEmpty && !right.isEmpty, "an eye without points")
            (self.left, self.right, self.corners) = (left, right, corners)
        }

        public static func == (a: Eyes, b: Eyes) -> Bool {
            a.left == b.left && a.right == b.right && a.corners == b.corners
        }
    }

    /// A line between two points: the side of triangles of a surface.
    public struct Edge: Sendable, Hashable {
        /// The smaller one of the indices of the points.
        public let from: Int
        /// The larger one.
        public let to: Int

        /// - Parameters:
        ///   - a: the index of a point.
        ///   - b: that of another one.
        public init(_ a: Int, _ b: Int) { (from, to) = (min(a, b), max(a, b)) }
    }

    /// Of a scheme that is generally known, such as `ibug68`; nil for one of a data set.
    public let name: String?
    /// The names of the points by index, at least one.
    public let points: [String]
    /// The points that swap in a mirror image, such as the left and the right corner of the mouth. Those of no pair stay.
    public let pairs: [Augment.Mirror.Pair]
    /// The lines between the points; empty if none are known.
    public let contours: [Contour]
    /// The sides of the triangles between the points of a surface; empty for points that form none. They are known of meshes alone,
    /// and not stored with weights.
    public let edges: [Edge]
    /// Nil for an object without eyes.
    public let eyes: Eyes?
    /// Whether the pairs are known, if perhaps there are none. Images are not mirrored in training if they are not.
    public let isMirrorKnown: Bool

    /// - Parameters:
    ///   - name: of a scheme that is generally known.
    ///   - points: the names of the points.
    ///   - pairs: the points that swap in a mirror image; nil if that is not known.
    ///   - contours: the lines between the points.
    ///   - edges: the sides of the triangles of a surface.
    ///   - eyes: of an object that has eyes.
    public init(
        name: String? = nil, points: [String], pairs: [Augment.Mirror.Pair]?, contours: [Contour] = [],
        edges: [Edge] = [], eyes: Eyes? = nil
    ) {
        let used =
            (pairs ?? []).flatMap { [$0.left, $0.right] } + contours.flatMap(\.points)
            + edges.flatMap { [$0.from, $0.to] }
            + (eyes.map { $0.left + $0.right + [$0.corners.left, $0.corners.right] } ?? [])
        precondition(
            used.allSatisfy(points.indices.contains), "points \(used) of a scheme of \(points.count) points")
        (self.name, self.points, self.contours, self.eyes) = (name, points, contours, eyes)
        (self.pairs, isMirrorKnown, self.edges) = (pairs ?? [], pairs != nil, edges)
    }

    /// Points without names, pairs or lines.
    ///
    /// - Parameter count: how many.
    /// - Returns: the known one for as many points, else `point 0`, `point 1`, ….
    public static func of(_ count: Int) -> LandmarkScheme {
        known.first { $0.points.count == count }
            ?? LandmarkScheme(points: (0..<count).map { "point \($0)" }, pairs: nil)
    }

    /// The schemes that are generally known.
    public static let known = [ibug68, eyesNoseMouth, faceMesh, faceMeshIris]
}

extension LandmarkScheme {
    /// The 68 points of a face of 300-W, from Multi-PIE (Sagonas et al. 2013; Gross et al. 2010). Left and right are those of the
    /// person: the right eye is on the left of the image.
    public static let ibug68: LandmarkScheme = {
        let parts: [(name: String, count: Int, isClosed: Bool)] = [
            ("jaw", 17, false), ("right eyebrow", 5, false), ("left eyebrow", 5, false), ("nose bridge", 4, false),
            ("nostrils", 5, false), ("right eye", 6, true), ("left eye", 6, true), ("outer lips", 12, true),
            ("inner lips", 8, true),
        ]
        var names: [String] = []
        var contours: [Contour] = []
        for (name, count, isClosed) in parts {
            contours.append(Contour(name, Array(names.count..<names.count + count), isClosed: isClosed))
            names += (1...count).map { "\(name) \($0)" }
        }
        return LandmarkScheme(
            name: "ibug68", points: names, pairs: mirrorsOfIBUG68.map { .init($0, $1) }, contours: contours,
            eyes: Eyes(left: Array(36...41), right: Array(42...47), corners: (36, 45)))
    }()

    private static let mirrorsOfIBUG68: [(Int, Int)] =
        (0..<8).map { ($0, 16 - $0) } + (17..<22).map { ($0, 43 - $0) } + [(31, 35), (32, 34)] + [
            (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46),
        ] + [(48, 54), (49, 53), (50, 52), (55, 59), (56, 58)] + [(60, 64), (61, 63), (65, 67)]

    /// The five points of face detectors: eyes, tip of the nose, corners of the mouth, those on the left of the image first.
    public static let eyesNoseMouth = LandmarkScheme(
        name: "eyes-nose-mouth",
        points: ["right eye", "left eye", "nose tip", "right mouth corner", "left mouth corner"],
        pairs: [.init(0, 1), .init(3, 4)], eyes: Eyes(left: [0], right: [1], corners: (0, 1)))
}
