import CVCore
import Synchronization

/// How well a detector finds the objects of a set of images: the twelve numbers of COCO, and those of each class.
///
/// ```swift
/// let evaluation = DetectionEvaluation(truth: objects, results: found, imageIDs: [1, 2, 3], categoryIDs: [1, 2])
/// print(evaluation.summary.averagePrecision)
/// ```
/// The numbers are those of pycocotools (Lin et al. 2014, arXiv:1405.0312; https://cocodataset.org/#detection-eval).
public struct DetectionEvaluation: Sendable {
    /// Over all classes.
    public let summary: DetectionSummary
    /// Of each class, in ascending order of their numbers.
    public let classes: [ClassScore]

    /// How well the objects of one class were found.
    public struct ClassScore: Sendable, Equatable, Codable {
        /// The number of the class.
        public var categoryID: Int
        /// The number of its objects in the truth, without crowds.
        public var objects: Int
        /// The number of results that counted: at most 100 an image.
        public var results: Int
        /// The scores; their parts are nil where there are no objects.
        public var summary: DetectionSummary
        /// Precision and recall over the thresholds of the score; nil where there are no objects.
        public var curve: DetectionCurve?
    }

    /// Compares results with the truth.
    ///
    /// - Parameters:
    ///   - truth: the objects. Those of other images or classes than the listed ones do not count.
    ///   - results: what was found, with finite scores. The same holds.
    ///   - imageIDs: the numbers of the images, also of those without objects.
    ///   - categoryIDs: the numbers of the classes.
    public init(truth: [TruthBox], results: [ResultBox], imageIDs: [Int], categoryIDs: [Int]) {
        let categories = Array(Set(categoryIDs)).sorted()
        let images = Set(imageIDs)
        let truth = Self.byCategory(truth, images, \.categoryID, \.imageID) { $0.imageID < $1.imageID }
        // The surest first; of equally sure ones that which comes first.
        let results = Self.byCategory(results, images, \.categoryID, \.imageID) { a, b in
            a.imageID != b.imageID ? a.imageID < b.imageID : a.score > b.score
        }
        let scores = Mutex([Int: ClassAccumulation]())
        let counts = Mutex([Int: Int]())
        Parallel.forEach(categories.count) { index in
            let category = categories[index]
            let matched = Self.matched(results[category] ?? [], truth[category] ?? [])
            let accumulation = ClassAccumulation(matched.results, counts: matched.counts)
            scores.withLock { $0[category] = accumulation }
            counts.withLock { $0[category] = matched.results.count }
        }
        let accumulations = scores.withLock { $0 }
        let resultCounts = counts.withLock { $0 }
        let ordered = categories.compactMap { accumulations[$0] }
        summary = DetectionSummary(ordered)
        classes = zip(categories, ordered).map {
            ClassScore(
                categoryID: $0, objects: $1.counts[0], results: resultCounts[$0] ?? 0,
                summary: DetectionSummary([$1]), curve: $1.curve)
        }
    }

    /// The boxes of each class, in ascending order of their images.
    private static func byCategory<Element>(
        _ boxes: [Element], _ images: Set<Int>, _ category: KeyPath<Element, Int>,
        _ image: KeyPath<Element, Int>,
        _ order: (Element, Element) -> Bool
    ) -> [Int: [Element]] {
        Dictionary(grouping: boxes.filter { images.contains($0[keyPath: image]) }) {
            $0[keyPath: category]
        }
        .mapValues {
            $0.enumerated().sorted { a, b in
                if order(a.element, b.element) { return true }
                return !order(b.element, a.element) && a.offset < b.offset
            }.map(\.element)
        }
    }

    private static func matched(
        _ results: [ResultBox], _ truth: [TruthBox]
    ) -> (results: [MatchedResult], counts: SIMD4<Int>) {
        var matching = BoxMatching()
        var matched: [MatchedResult] = []
        var counts = SIMD4<Int>.zero
        var (result, object) = (0, 0)
        while result < results.count || object < truth.count {
            let image = min(
                result < results.count ? results[result].imageID : .max,
                object < truth.count ? truth[object].imageID : .max)
            let (firstResult, firstObject) = (result, object)
            while result < results.count && results[result].imageID == image { result += 1 }
            while object < truth.count && truth[object].imageID == image { object += 1 }
            let surest = results[firstResult..<result].prefix(COCOProtocol.limits.last ?? 100)
            matching.match(surest, truth[firstObject..<object], to: &matched, counts: &counts)
        }
        return (matched, counts)
    }
}
