import CVCore

/// Why a detector loses average precision: TIDE (Bolya et al. 2020, arXiv:2008.08115).
///
/// Each result that finds no object has one kind of error, as has each object that nothing comes near. What a kind costs is how much the
/// average precision at an overlap of 0.5 rises if its errors alone are mended. These gains do not add up to what is missing.
public struct DetectionErrorBreakdown: Sendable, Equatable {
    /// A kind of error. Below, an object's class is right where it is that of the result.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// Overlaps an object of another class by at least 0.5: mended by the right class.
        case classification = "class"
        /// Overlaps an object of its class by 0.1 to 0.5: mended by the right box.
        case localization
        /// Overlaps an object of another class, by 0.1 to 0.5: mended by leaving it out, as the next two.
        case both
        /// Overlaps an object of its class by at least 0.5 that a surer result found.
        case duplicate
        /// Overlaps no object by more than 0.1.
        case background
        /// An object that no result found, also none with a wrong class or a wrong box: mended by not expecting it.
        case missed
    }

    /// The average precision at an overlap of 0.5, of at most 100 results an image: from 0 to 1.
    public let averagePrecision: Double
    /// The number of errors of each kind.
    public let counts: [Kind: Int]
    /// By how much the average precision would rise without them.
    public let gains: [Kind: Double]
    /// The same for all results that found nothing, and for all objects that were not found.
    public let falsePositiveGain, falseNegativeGain: Double

    static let overlap = 0.5
    static let backgroundOverlap = 0.1
    static let limit = 100

    /// Compares results with the truth.
    ///
    /// - Parameters:
    ///   - truth: the objects. Results that lie on crowds of their class do not count.
    ///   - results: what was found, with finite scores.
    ///   - imageIDs: the numbers of the images.
    ///   - categoryIDs: the numbers of the classes.
    public init(truth: [TruthBox], results: [ResultBox], imageIDs: [Int], categoryIDs: [Int]) {
        let (images, categories) = (Set(imageIDs), Set(categoryIDs))
        let objects = Dictionary(
            grouping: truth.filter { images.contains($0.imageID) && categories.contains($0.categoryID) }, by: \.imageID)
        let found = Dictionary(
            grouping: results.filter { images.contains($0.imageID) && categories.contains($0.categoryID) },
            by: \.imageID)
        var ledger = ErrorLedger()
        for image in images.sorted() { ledger.add(found[image] ?? [], objects[image] ?? []) }
        let base = ledger.averagePrecision()
        averagePrecision = base
        counts = Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0, ledger.count(of: $0)) })
        gains = Dictionary(
            uniqueKeysWithValues: Kind.allCases.map { ($0, max(0, ledger.averagePrecision(mending: $0) - base)) })
        falsePositiveGain = max(0, ledger.averagePrecision(withoutFalsePositives: true) - base)
        falseNegativeGain = max(0, ledger.averagePrecision(withoutFalseNegatives: true) - base)
    }
}

/// What became of all results and objects.
private struct ErrorLedger {
    private struct Entry {
        let category: Int
        let score: Double
        var isRight = false
        var kind: DetectionErrorBreakdown.Kind?
        /// The object that it would find with the right class or box, if no other one did.
        var object: Int?
    }

    private struct Object {
        let category: Int
        /// The surest result with a wrong class or box that would find it.
        var best: Int?
    }

    private var entries: [Entry] = []
    private var objects: [Object] = []
    private var objectCounts: [Int: Int] = [:]
    private var missedCounts: [Int: Int] = [:]

    func count(of kind: DetectionErrorBreakdown.Kind) -> Int {
        kind == .missed ? missedCounts.values.reduce(0, +) : entries.count { $0.kind == kind }
    }

    // MARK: Results of an image

    mutating func add(_ results: [ResultBox], _ truth: [TruthBox]) {
        let order = results.indices.sorted { (-results[$0].score, $0) < (-results[$1].score, $1) }
        let sure = order.prefix(DetectionErrorBreakdown.limit).map { results[$0] }
        let (crowds, own) = (truth.filter(\.isCrowd), truth.filter { !$0.isCrowd })
        let firstObject = objects.count
        objects += own.map { Object(category: $0.categoryID) }
        for object in own { objectCounts[object.categoryID, default: 0] += 1 }
        let overlaps = sure.map { result in own.map { result.box.overlap($0.box) } }
        var isFound = [Bool](repeating: false, count: own.count)
        var isRight = [Bool](repeating: false, count: sure.count)
        for (index, result) in sure.enumerated() {
            let free = own.indices.filter { own[$0].categoryID == result.categoryID && !isFound[$0] }
            guard let best = free.max(by: { overlaps[index][$0] < overlaps[index][$1] }),
                overlaps[index][best] >= DetectionErrorBreakdown.overlap
            else { continue }
            (isFound[best], isRight[index]) = (true, true)
        }
        for (index, result) in sure.enumerated() {
            var entry = Entry(category: result.categoryID, score: result.score, isRight: isRight[index])
            if !isRight[index] {
                if Self.isOnCrowd(result, crowds) { continue }
                let (kind, object) = Self.kind(of: result, overlaps[index], own)
                entry.kind = kind
                if let object, !isFound[object] {
                    let number = firstObject + object
                    entry.object = number
                    if objects[number].best.map({ entries[$0].score < entry.score }) ?? true {
                        objects[number].best = entries.count
                    }
                }
            }
            entries.append(entry)
        }
        for index in own.indices where !isFound[index] && objects[firstObject + index].best == nil {
            missedCounts[own[index].categoryID, default: 0] += 1
        }
    }

    private static func isOnCrowd(_ result: ResultBox, _ crowds: [TruthBox]) -> Bool {
        crowds.contains {
            $0.categoryID == result.categoryID
                && result.box.overlap($0.box, isCrowd: true) > DetectionErrorBreakdown.overlap
        }
    }

    /// The kind of the error of a result that found nothing, and the object that it is about.
    private static func kind(
        of result: ResultBox, _ overlaps: [Double], _ own: [TruthBox]
    ) -> (DetectionErrorBreakdown.Kind, Int?) {
        func best(_ isOwnClass: Bool) -> Int? {
            own.indices.filter { (own[$0].categoryID == result.categoryID) == isOwnClass }
                .max { overlaps[$0] < overlaps[$1] }
        }
        let (near, other) = (best(true), best(false))
        let (nearOverlap, otherOverlap) = (near.map { overlaps[$0] } ?? 0, other.map { overlaps[$0] } ?? 0)
        let (least, background) = (DetectionErrorBreakdown.overlap, DetectionErrorBreakdown.backgroundOverlap)
        if near != nil, (background..<least).contains(nearOverlap) { return (.localization, near) }
        if other != nil, otherOverlap >= least { return (.classification, other) }
        if nearOverlap >= least { return (.duplicate, nil) }
        return max(nearOverlap, otherOverlap) <= background ? (.background, nil) : (.both, nil)
    }

    // MARK: Average precision

    /// With the errors of a kind mended, or all results or objects left out that count against the detector.
    func averagePrecision(
        mending kind: DetectionErrorBreakdown.Kind? = nil, withoutFalsePositives: Bool = false,
        withoutFalseNegatives: Bool = false
    ) -> Double {
        var byCategory: [Int: [(score: Double, isRight: Bool)]] = [:]
        var expected = objectCounts
        for (index, entry) in entries.enumerated() {
            if withoutFalsePositives, !entry.isRight { continue }
            guard let kind, entry.kind == kind else {
                byCategory[entry.category, default: []].append((entry.score, entry.isRight))
                continue
            }
            guard let object = entry.object, objects[object].best == index else { continue }
            byCategory[objects[object].category, default: []].append((entry.score, true))
        }
        if kind == .missed { for (category, count) in missedCounts { expected[category, default: 0] -= count } }
        if withoutFalseNegatives {
            expected = byCategory.mapValues { $0.count { $0.isRight } }
        }
        let values = objectCounts.keys.sorted().compactMap { category -> Double? in
            guard let count = expected[category], count > 0 else { return kind == .missed ? nil : 0 }
            let results = byCategory[category] ?? []
            let order = results.indices.sorted { (-results[$0].score, $0) < (-results[$1].score, $1) }
            return ClassAccumulation.averagePrecision(order.map { results[$0].isRight }, of: count)
        }
        return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
}
