import CVCore

/// Which classes a detector confuses with each other and with the background, and on which images it errs, if results from a threshold
/// on count.
///
/// In each image, first each result takes the free object of its class that it overlaps most, the surest first; then results and
/// objects that are left are paired by their overlap, whatever their classes. An overlap of 0.5 is needed each time. What is left
/// then was confused with the background.
public struct DetectionConfusion: Sendable {
    /// What became of an image.
    public struct ImageErrors: Sendable, Equatable {
        /// The number of the image.
        public let imageID: Int
        /// Results that found the right object.
        public internal(set) var right = 0
        /// Results that found an object of another class.
        public internal(set) var confused = 0
        /// Results where no object is.
        public internal(set) var spurious = 0
        /// Objects without a result.
        public internal(set) var missed = 0
        /// The results from the thresholds on, and whether each found the right object.
        public internal(set) var results: [(box: ResultBox, isRight: Bool)] = []
        /// The objects, and whether each was found with its class.
        public internal(set) var objects: [(box: TruthBox, isFound: Bool)] = []

        /// The number of errors.
        public var errors: Int { confused + spurious + missed }

        public static func == (a: ImageErrors, b: ImageErrors) -> Bool {
            (a.imageID, a.right, a.confused, a.spurious, a.missed) == (
                b.imageID, b.right, b.confused, b.spurious, b.missed
            )
        }
    }

    /// How many of each true class, by row, were predicted as each class, by column, in the order of the classes; the last row and the last
    /// column are the background.
    public private(set) var counts: [[Int]]
    /// In ascending order of their numbers.
    public private(set) var images: [ImageErrors] = []

    static let overlap = 0.5

    /// Compares results with the truth.
    ///
    /// - Parameters:
    ///   - truth: the objects; crowds take up results of their class, and need none.
    ///   - results: what was found.
    ///   - imageIDs: the numbers of the images.
    ///   - categoryIDs: the numbers of the classes, in the order of the rows.
    ///   - thresholds: the least score for each class; for one without, its results do not count.
    public init(
        truth: [TruthBox], results: [ResultBox], imageIDs: [Int], categoryIDs: [Int], thresholds: [Int: Double]
    ) {
        let rows = Dictionary(zip(categoryIDs, 0...)) { first, _ in first }
        counts = Array(repeating: Array(repeating: 0, count: categoryIDs.count + 1), count: categoryIDs.count + 1)
        let objects = Dictionary(grouping: truth.filter { rows[$0.categoryID] != nil }, by: \.imageID)
        let sure = results.filter { result in thresholds[result.categoryID].map { result.score >= $0 } ?? false }
        let found = Dictionary(grouping: sure.filter { rows[$0.categoryID] != nil }, by: \.imageID)
        for image in Set(imageIDs).sorted() {
            let own = found[image] ?? []
            let order = own.indices.sorted { (-own[$0].score, $0) < (-own[$1].score, $1) }
            add(image, order.map { own[$0] }, objects[image] ?? [], rows)
        }
    }

    private mutating func add(_ image: Int, _ results: [ResultBox], _ truth: [TruthBox], _ rows: [Int: Int]) {
        var errors = ImageErrors(imageID: image)
        let (crowds, own) = (truth.filter(\.isCrowd), truth.filter { !$0.isCrowd })
        let overlaps = results.map { result in own.map { result.box.overlap($0.box) } }
        var partner = [Int?](repeating: nil, count: results.count)
        var isTaken = [Bool](repeating: false, count: own.count)
        for (index, result) in results.enumerated() {
            let free = own.indices.filter { own[$0].categoryID == result.categoryID && !isTaken[$0] }
            guard let best = free.max(by: { overlaps[index][$0] < overlaps[index][$1] }),
                overlaps[index][best] >= Self.overlap
            else { continue }
            (partner[index], isTaken[best]) = (best, true)
        }
        let isFound = isTaken
        let pairs = results.indices.filter { partner[$0] == nil }.flatMap { result in
            own.indices.filter { !isTaken[$0] && overlaps[result][$0] >= Self.overlap }.map { (result, $0) }
        }
        for (result, object) in pairs.sorted(by: { overlaps[$0.0][$0.1] > overlaps[$1.0][$1.1] })
        where partner[result] == nil && !isTaken[object] {
            (partner[result], isTaken[object]) = (object, true)
        }
        let background = counts.count - 1
        for (index, result) in results.enumerated() {
            let column = rows[result.categoryID] ?? background
            let object = partner[index]
            let isRight = object.map { own[$0].categoryID == result.categoryID } ?? false
            if object == nil, crowds.contains(where: { Self.covers($0, result) }) { continue }
            counts[object.flatMap { rows[own[$0].categoryID] } ?? background][column] += 1
            errors.results.append((result, isRight))
            if isRight {
                errors.right += 1
            } else if object != nil {
                errors.confused += 1
            } else {
                errors.spurious += 1
            }
        }
        for (index, object) in own.enumerated() {
            errors.objects.append((object, isFound[index]))
            if isTaken[index] { continue }
            counts[rows[object.categoryID] ?? background][background] += 1
            errors.missed += 1
        }
        images.append(errors)
    }

    private static func covers(_ crowd: TruthBox, _ result: ResultBox) -> Bool {
        crowd.categoryID == result.categoryID && result.box.overlap(crowd.box, isCrowd: true) >= overlap
    }
}
