import CVCore
import CVImage
import CVTask

/// The errors of landmarks on images whose landmarks are known, accumulated image by image.
///
/// ```swift
/// var metrics = LandmarkMetrics(scheme: .ibug68)
/// metrics.add(try detector.detect(image), truth: points, image: "a.jpg")
/// print(metrics.ocular.meanError, metrics.ocular.failureRate)
/// ```
/// The normalized mean error (NME) of an image is the mean distance of its points from the true ones, divided by a length that
/// grows with the object: the distance between the outer corners of the eyes, or √(w · h) of the box around the true points. It is a
/// fraction: 0.05 is 5 %.
public struct LandmarkMetrics: Sendable, Equatable {
    /// The errors of one image.
    public struct ImageErrors: Sendable, Equatable {
        /// The name of the image.
        public let image: String
        /// NME by the distance between the outer corners of the eyes; nil for an object without eyes, or where they are not known.
        public let ocular: Double?
        /// NME by the box.
        public let box: Double
    }

    /// The error from which on an image is a failure, and at which the cumulative curve ends: that of the literature.
    public static let failureThreshold = 0.08

    /// What the points are.
    public let scheme: LandmarkScheme
    /// Of each image with an object, in the order in which they were added.
    public private(set) var images: [ImageErrors] = []
    /// Images without an object.
    public private(set) var emptyImages = 0
    /// Images whose confidence says rightly whether there is an object: 0.5 or more.
    public private(set) var presenceHits = 0
    /// Of each point, the sum of its normalized errors, and how many there are.
    private var pointSums: [(sum: Double, count: Int)]

    /// - Parameter scheme: what the points are.
    public init(scheme: LandmarkScheme) {
        self.scheme = scheme
        pointSums = scheme.points.map { _ in (0, 0) }
    }

    /// Adds an image.
    ///
    /// - Parameters:
    ///   - found: the landmarks that were found.
    ///   - truth: the true position of each point, nil for one that is not known; empty for an image without an object.
    ///   - image: its name.
    public mutating func add(_ found: Landmarks, truth: [Point?], image: String) {
        precondition(
            found.points.count == scheme.points.count && (truth.isEmpty || truth.count == scheme.points.count),
            "\(found.points.count) and \(truth.count) points of \(scheme.points.count)")
        let isFound = found.confidence >= Self.presenceThreshold
        let isObject = truth.contains { $0 != nil }
        if isFound == isObject { presenceHits += 1 }
        guard isObject else {
            emptyImages += 1
            return
        }
        let distances = zip(found.points, truth).map { found, truth in
            truth.map { hypot(Double(found.x) - Double($0.x), Double(found.y) - Double($0.y)) }
        }
        let known = distances.compactMap { $0 }
        let mean = known.reduce(0, +) / Double(known.count)
        let lengths = (ocular: ocularDistance(truth), box: Self.boxLength(truth.compactMap { $0 }))
        images.append(
            ImageErrors(image: image, ocular: lengths.ocular.map { mean / $0 }, box: mean / lengths.box))
        guard let length = scheme.eyes == nil ? lengths.box : lengths.ocular else { return }
        for (index, distance) in distances.enumerated() {
            guard let distance else { continue }
            pointSums[index] = (pointSums[index].sum + distance / length, pointSums[index].count + 1)
        }
    }

    private static let presenceThreshold: Float = 0.5

    private func ocularDistance(_ truth: [Point?]) -> Double? {
        guard let corners = scheme.eyes?.corners, let left = truth[corners.left], let right = truth[corners.right]
        else { return nil }
        let distance = hypot(Double(left.x) - Double(right.x), Double(left.y) - Double(right.y))
        return distance > 0 ? distance : nil
    }

    /// √(w · h); of points on a line, its length, and of a single point a pixel.
    private static func boxLength(_ points: [Point]) -> Double {
        guard let box = Box(around: points) else { return 1 }
        let (width, height) = (Double(box.width), Double(box.height))
        let area = (width * height).squareRoot()
        return area > 0 ? area : max(width, height) > 0 ? max(width, height) : 1
    }

    // MARK: Figures

    /// What the errors of all images amount to.
    public struct Summary: Sendable, Equatable {
        /// The number of images.
        public let images: Int
        /// The mean of their errors. NaN without images, as all of these.
        public let meanError: Double
        /// The median of their errors.
        public let medianError: Double
        /// The area below the cumulative curve up to `failureThreshold`, divided by that: 1 if no image has an error.
        public let areaUnderCurve: Double
        /// The fraction of images whose error is above `failureThreshold`.
        public let failureRate: Double

        init(_ errors: [Double]) {
            let (count, limit) = (Double(errors.count), LandmarkMetrics.failureThreshold)
            images = errors.count
            meanError = errors.reduce(0, +) / count
            let sorted = errors.sorted()
            medianError =
                sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
            // Exactly: the curve is a step of 1 / count at each error.
            areaUnderCurve = errors.reduce(0) { $0 + max(0, 1 - $1 / limit) } / count
            failureRate = Double(errors.count { $0 > limit }) / count
        }
    }

    /// By the distance between the outer corners of the eyes.
    public var ocular: Summary { Summary(images.compactMap(\.ocular)) }
    /// By the box.
    public var box: Summary { Summary(images.map(\.box)) }
    /// By the eyes, or by the box for objects without eyes, or whose eyes are nowhere known: what trainings choose the best epoch by.
    public var main: Summary { images.contains { $0.ocular != nil } ? ocular : box }
    /// The mean normalized error of each point, by what `main` is by; nil for one that is never known.
    public var pointErrors: [Double?] { pointSums.map { $0.count > 0 ? $0.sum / Double($0.count) : nil } }

    /// The fraction of the images whose confidence says rightly whether there is an object; nil without images.
    public var presenceAccuracy: Double? {
        let count = images.count + emptyImages
        return count > 0 ? Double(presenceHits) / Double(count) : nil
    }

    /// The images with the largest errors, the largest first.
    ///
    /// - Parameter count: how many.
    /// - Returns: their errors, of equal ones the earlier first.
    public func worst(_ count: Int) -> [ImageErrors] {
        func error(_ image: ImageErrors) -> Double { scheme.eyes == nil ? image.box : image.ocular ?? image.box }
        return images.enumerated().sorted { (error($0.element), $1.offset) > (error($1.element), $0.offset) }
            .prefix(count).map(\.element)
    }

    public static func == (a: LandmarkMetrics, b: LandmarkMetrics) -> Bool {
        a.scheme == b.scheme && a.images == b.images && a.emptyImages == b.emptyImages
            && a.presenceHits == b.presenceHits
            && a.pointSums.elementsEqual(b.pointSums) { $0.sum == $1.sum && $0.count == $1.count }
    }
}
