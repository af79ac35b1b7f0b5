import CVCore
import CVTask
import TestSupport
import Testing

/// The metrics of verification, compared with scikit-learn's and with counts of all choices: `Tools/golden.py verification`.
@Suite("Metrics of face verification") struct VerificationMetricsTests {
    private struct Golden: Decodable {
        struct Folds: Decodable {
            let mean, standardError: Double
            let thresholds: [Double]
        }

        struct Pairs: Decodable {
            let distances: [Double]
            let same: [Bool]
            let auc, eer, decidability: Double
            let far, tar, thresholds: [Double]
            let tarAtFar: [Double?]
            let folds: Folds
        }

        struct Identities: Decodable {
            let people: [Int]
            let distances: [Double]
            let threshold: Double
            let oneShot, strangers, missed: [Double]
        }

        let pairs: [Pairs]
        let identities: Identities
    }

    private func golden() throws -> Golden { try decoded("Golden/verification.json", as: Golden.self) }

    private func isNear(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-9 }
    }

    @Test("verification: the ROC curve and its area equal scikit-learn's, ties included")
    func theCurveIsThatOfScikitLearn() throws {
        for pairs in try golden().pairs {
            let roc = ROCCurve(distances: pairs.distances, isSame: pairs.same)
            #expect(abs(roc.area - pairs.auc) < 1e-12)
            #expect(isNear(roc.points.map(\.falseAcceptRate), pairs.far))
            #expect(isNear(roc.points.map(\.trueAcceptRate), pairs.tar))
            #expect(roc.points[0].threshold == -.infinity)
            #expect(isNear(roc.points.dropFirst().map(\.threshold), pairs.thresholds))
            #expect(abs(roc.equalError.rate - pairs.eer) < 1e-9)
            let rates = VerificationMetrics.falseAcceptRates.map { roc.trueAcceptRate(atFalseAcceptRate: $0) }
            #expect(rates == pairs.tarAtFar)
        }
    }

    @Test("verification: a rate that the pairs of different people cannot resolve is nil")
    func aRateThatThePairsCannotResolveIsNil() {
        let distances = (0..<110).map { Double($0) }
        func roc(different: Int) -> ROCCurve {
            ROCCurve(
                distances: Array(distances.prefix(10 + different)),
                isSame: (0..<10 + different).map { $0 < 10 })
        }
        #expect(roc(different: 100).trueAcceptRate(atFalseAcceptRate: 0.01) == 1)
        #expect(roc(different: 99).trueAcceptRate(atFalseAcceptRate: 0.01) == nil)
        // The first pair of different people is nearest: 1 of 100 is accepted before any of the same.
        let worse = ROCCurve(distances: distances, isSame: distances.map { $0 >= 1 && $0 <= 10 })
        #expect(worse.trueAcceptRate(atFalseAcceptRate: 0.01) == 1)
        #expect(worse.trueAcceptRate(atFalseAcceptRate: 0.001) == nil)
        #expect(worse.point(at: 5.5).trueAcceptRate == 0.5 && worse.point(at: -1).trueAcceptRate == 0)
    }

    @Test("verification: the accuracy of LFW's protocol, with thresholds of the other folds")
    func theAccuracyIsThatOfTheOtherFoldsThreshold() throws {
        for pairs in try golden().pairs {
            let metrics = VerificationMetrics(
                distances: pairs.distances, isSame: pairs.same, measure: .euclidean)
            let folded = try #require(metrics.folded)
            #expect(abs(metrics.decidability - pairs.decidability) < 1e-9)
            #expect(isNear(folded.thresholds, pairs.folds.thresholds))
            #expect(abs(folded.mean - pairs.folds.mean) < 1e-12)
            #expect(abs(folded.standardError - pairs.folds.standardError) < 1e-12)
        }
    }

    @Test("verification: one-shot accuracy and errors of a database equal the count of all choices")
    func choicesAreCounted() throws {
        let golden = try golden().identities
        let identities = IdentityDistances(people: golden.people, distances: golden.distances)
        #expect(isNear((2...5).compactMap { identities.oneShotAccuracy(ways: $0) }, golden.oneShot))
        let strangers = (1...4).compactMap {
            identities.strangerAcceptRate(databaseSize: $0, threshold: golden.threshold)
        }
        #expect(isNear(strangers, golden.strangers))
        let missed = (1...5).compactMap { identities.missRate(databaseSize: $0, threshold: golden.threshold) }
        #expect(isNear(missed, golden.missed))
        #expect(identities.oneShotAccuracy(ways: 6) == nil)
        #expect(identities.strangerAcceptRate(databaseSize: 5, threshold: 1) == nil)
        #expect(identities.missRate(databaseSize: 6, threshold: 1) == nil)
    }

    @Test("verification: a database larger than the set is computed from one pair, a smaller one measured")
    func aLargeDatabaseIsComputed() throws {
        let golden = try golden().identities
        let metrics = VerificationMetrics(
            IdentityDistances(people: golden.people, distances: golden.distances), measure: .euclidean)
        let measured = metrics.databaseErrors(size: 4, threshold: golden.threshold)
        #expect(measured.isMeasured && abs(measured.strangerAcceptRate - golden.strangers[3]) < 1e-9)
        let rate = metrics.roc.point(at: golden.threshold).falseAcceptRate
        let computed = metrics.databaseErrors(size: 50, threshold: golden.threshold)
        #expect(!computed.isMeasured && computed.missRate == nil)
        #expect(abs(computed.strangerAcceptRate - (1 - pow(1 - rate, 50))) < 1e-12)
        let report = VerificationReport(metrics, images: 11, people: 5, ways: 3, databaseSize: 50, threshold: 1.25)
        #expect(report.json["database"]?["method"]?.string == "computed")
        #expect(report.json["tar_at_far"]?["0.0001"] == .null)
        #expect(report.json["one_shot"]?["accuracy"]?.double.map { abs($0 - golden.oneShot[1]) < 1e-9 } == true)
        #expect(report.text.contains("computed as if pairs were independent"))
    }

    @Test("verification: folds of people need four people, and both kinds of pairs count the same in each")
    func foldsOfPeople() {
        func metrics(people count: Int) -> VerificationMetrics {
            let people = (0..<count * 4).map { $0 / 4 }
            let distances = people.indices.flatMap { a in
                people.indices[(a + 1)...].map { b in
                    (people[a] == people[b] ? 0.3 : 1) + 0.001 * Double((a * 31 + b * 17) % 97)
                }
            }
            return VerificationMetrics(
                IdentityDistances(people: people, distances: distances), measure: .euclidean, foldSeed: 1)
        }
        #expect(metrics(people: 3).folded == nil)
        for count in [4, 9, 40] {
            let folded = metrics(people: count).folded
            #expect(folded?.accuracies == [Double](repeating: 1, count: min(10, count / 2)))
            #expect(folded.map { $0.threshold > 0.4 && $0.threshold < 1 } == true)
        }
        #expect(metrics(people: 3).threshold == metrics(people: 3).roc.equalError.threshold)
    }
}
