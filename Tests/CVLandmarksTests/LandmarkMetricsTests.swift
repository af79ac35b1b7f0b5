import CVCore
import CVImage
import CVLandmarks
import TestSupport
import Testing

/// Errors of landmarks compared with NumPy's: `Tools/golden.py landmarks`.
@Suite("Metrics of landmarks") struct LandmarkMetricsTests {
    private struct Golden: Decodable {
        struct Summary: Decodable {
            let nme, median, auc, failureRate: Double
        }
        let images: Int
        let interOcular, box: Summary
        let points: [Double]
    }

    /// Seeded faces: true points, found ones, and which of the true ones are known.
    private static func metrics(_ images: Int) -> LandmarkMetrics {
        let truth = uniformTensor(seed: 11, [images, 68, 2]).values.map { $0 * 100 }
        let noise = uniformTensor(seed: 12, [images, 68, 2]).values.map { $0 - 0.5 }
        let sizes = uniformTensor(seed: 13, [images]).values.map { $0 * 20 }
        let known = uniformTensor(seed: 14, [images, 68]).values.map { $0 > 0.1 }
        var metrics = LandmarkMetrics(scheme: .ibug68)
        for image in 0..<images {
            func points(_ shift: (Int) -> Float) -> [Point] {
                (0..<68).map { point in
                    let index = (image * 68 + point) * 2
                    return Point(x: truth[index] + shift(index), y: truth[index + 1] + shift(index + 1))
                }
            }
            let (exact, found) = (points { _ in 0 }, points { noise[$0] * sizes[image] })
            metrics.add(
                Landmarks(points: found, confidence: 1),
                truth: exact.enumerated().map { index, point in
                    known[image * 68 + index] || [36, 45].contains(index) ? point : nil
                }, image: "\(image)")
        }
        return metrics
    }

    @Test("NME, median, AUC, failure rate and errors of points match NumPy") func matchNumPy() throws {
        let golden = try decoded("Golden/metrics.json", as: Golden.self)
        let metrics = Self.metrics(golden.images)
        for (found, expected) in [(metrics.ocular, golden.interOcular), (metrics.box, golden.box)] {
            #expect(found.images == golden.images)
            #expect(abs(found.meanError - expected.nme) < 1e-6 * expected.nme)
            #expect(abs(found.medianError - expected.median) < 1e-6 * expected.median)
            // NumPy's is the sum over a fine grid.
            #expect(abs(found.areaUnderCurve - expected.auc) < 1e-5)
            #expect(found.failureRate == expected.failureRate)
        }
        #expect(golden.interOcular.failureRate > 0 && golden.interOcular.failureRate < 1)
        for (found, expected) in zip(metrics.pointErrors, golden.points) {
            #expect(abs(try #require(found) - expected) < 1e-6 * expected)
        }
        #expect(metrics.main == metrics.ocular)
    }

    @Test("exact cases: a shift by a tenth of the eyes' distance, a missing corner, an image without an object")
    func exactCases() throws {
        let scheme = LandmarkScheme.eyesNoseMouth
        let truth = [(20, 20), (60, 20), (40, 40), (25, 60), (55, 60)].map { Point(x: Float($0.0), y: Float($0.1)) }
        let shifted = truth.map { Point(x: $0.x + 4, y: $0.y) }
        var metrics = LandmarkMetrics(scheme: scheme)
        metrics.add(Landmarks(points: shifted, confidence: 0.9), truth: truth, image: "all")
        metrics.add(
            Landmarks(points: truth, confidence: 0.9), truth: [nil] + truth.dropFirst().map { $0 }, image: "some")
        metrics.add(Landmarks(points: truth, confidence: 0.9), truth: [], image: "none")
        #expect(metrics.images.map(\.ocular) == [0.1, nil])
        #expect(metrics.images.map(\.box) == [0.1, 0])
        #expect(metrics.ocular.failureRate == 1 && metrics.ocular.areaUnderCurve == 0 && metrics.ocular.images == 1)
        #expect(metrics.box.failureRate == 0.5 && metrics.box.areaUnderCurve == 0.5)
        #expect(metrics.emptyImages == 1 && metrics.presenceAccuracy == 2.0 / 3)
        #expect(metrics.worst(1).map(\.image) == ["all"])
        #expect(metrics.json["errors"]?.array?.count == 2 && metrics.json["presence_accuracy"]?.double != nil)
    }

    @Test("points that are all at one place have no eyes' distance: the box counts, and nothing is NaN")
    func pointsAtOnePlace() {
        let scheme = LandmarkScheme.eyesNoseMouth
        let place = [Point](repeating: Point(x: 10, y: 10), count: 5)
        var metrics = LandmarkMetrics(scheme: scheme)
        metrics.add(
            Landmarks(points: place.map { Point(x: $0.x + 1, y: $0.y) }, confidence: 0.9), truth: place, image: "a")
        #expect(metrics.images.map(\.ocular) == [nil] && metrics.ocular.images == 0)
        #expect(metrics.main.meanError == 1 && metrics.main.images == 1)
    }

    @Test("the curve ends at 8 percent and rises to the fraction of images below")
    func curve() throws {
        let plot = Self.metrics(40).curve(title: "errors")
        let panel = try #require(plot.panels.first)
        #expect(panel.lines.map(\.name) == ["by the eyes", "by the box"])
        for line in panel.lines {
            #expect(line.points.last?.x == 8)
            #expect(zip(line.points, line.points.dropFirst()).allSatisfy { $0.x <= $1.x && $0.y <= $1.y })
        }
        let last = try #require(panel.lines.first?.points.last?.y)
        #expect(abs(last - (1 - Self.metrics(40).ocular.failureRate)) < 1e-12)
    }
}
