import CVDetection
import CVImage

/// What a network of these lessons has found in an image.
public struct ShapeFinding: Sendable {
    /// The boxes, the surest first; empty for corners.
    public var boxes: [Candidate] = []
    /// The boxes before non-max suppression.
    public var candidates: [Candidate] = []
    /// The corners of a sheet, whether or not there is one; empty for other lessons.
    public var corners: [Point] = []
    /// p_c of the whole image; nil where there are several cells.
    public var presence: Float?

    /// Of two boxes of a class that overlap by more, the less sure one is dropped.
    static let overlap: Float = 0.5
    /// Boxes that are less sure play no part in the precision.
    static let leastConfidence: Float = 0.01

    /// Reads an output.
    ///
    /// - Parameters:
    ///   - output: of a network.
    ///   - lesson: of the network.
    ///   - image: its index in the batch.
    public init(_ output: ShapeOutput, _ lesson: ShapeLesson, image: Int) {
        let first = output.vector(image, ShapePlace(row: 0, column: 0))
        if output.places.count == 1 { presence = first.presence }
        guard let grid = lesson.grid else {
            corners = ShapeCorners.corners(first.coordinates)
            return
        }
        candidates = grid.candidates(output, image: image, confidence: Self.leastConfidence)
        boxes = nonMaxSuppression(candidates, iouThreshold: Self.overlap)
    }
}

/// How good findings are.
public struct ShapeScore: Sendable, Equatable {
    /// The mean average precision at an overlap of 0.5, as COCO computes it; nil for corners.
    public var averagePrecision50: Double?
    /// The same without non-max suppression.
    public var averagePrecision50BeforeSuppression: Double?
    /// The mean IoU of the true boxes and the best of those that were found with a confidence of 0.5 or more, 0 where there is
    /// none; nil for corners.
    public var meanOverlap: Double?
    /// The mean distance of corners from where they should be, in pixels; nil for boxes.
    public var cornerError: Double?
    /// The fraction of images in which p_c is right; nil where there are several cells.
    public var presenceAccuracy: Double?

    /// Compares findings with what was drawn.
    ///
    /// - Parameters:
    ///   - findings: of each image.
    ///   - scenes: the images.
    ///   - lesson: decides on what is measured.
    public init(_ findings: [ShapeFinding], _ scenes: [ShapeScene], _ lesson: ShapeLesson) {
        let pairs = Array(zip(findings, scenes))
        let known = pairs.compactMap { finding, scene in finding.presence.map { ($0 >= 0.5) == !scene.shapes.isEmpty } }
        presenceAccuracy = known.isEmpty ? nil : Double(known.count { $0 }) / Double(known.count)
        if lesson == .corners {
            cornerError = Self.mean(pairs.flatMap(Self.distances))
        } else {
            averagePrecision50 = Self.precision(findings.map(\.boxes), scenes)
            if lesson.layout.boxesPerCell * (lesson.grid?.cells ?? 1) > 1 {
                averagePrecision50BeforeSuppression = Self.precision(findings.map(\.candidates), scenes)
            }
            meanOverlap = Self.mean(pairs.flatMap(Self.overlaps))
        }
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    private static func distances(_ finding: ShapeFinding, _ scene: ShapeScene) -> [Double] {
        guard let sheet = scene.shapes.first else { return [] }
        return zip(finding.corners, sheet.corners).map { found, truth in
            let (dx, dy) = (Double(found.x - truth.x), Double(found.y - truth.y))
            return (dx * dx + dy * dy).squareRoot()
        }
    }

    private static func overlaps(_ finding: ShapeFinding, _ scene: ShapeScene) -> [Double] {
        let sure = finding.boxes.filter { $0.confidence >= 0.5 }
        return scene.shapes.map { shape in
            sure.filter { $0.classIndex == shape.label }
                .map { Double($0.box.intersectionOverUnion(with: shape.box)) }.max() ?? 0
        }
    }

    private static func precision(_ found: [[Candidate]], _ scenes: [ShapeScene]) -> Double? {
        let truth = scenes.enumerated().flatMap { image, scene in
            scene.shapes.map { TruthBox(imageID: image + 1, categoryID: $0.label, box: EvaluatedBox($0.box)) }
        }
        let results = found.enumerated().flatMap { image, boxes in
            boxes.filter { $0.box.area.isFinite }.map {
                ResultBox(
                    imageID: image + 1, categoryID: $0.classIndex, box: EvaluatedBox($0.box),
                    score: Double($0.confidence))
            }
        }
        let evaluation = DetectionEvaluation(
            truth: truth, results: results, imageIDs: scenes.indices.map { $0 + 1 },
            categoryIDs: Array(ShapeLesson.classes.indices))
        return evaluation.summary.averagePrecision50
    }
}
