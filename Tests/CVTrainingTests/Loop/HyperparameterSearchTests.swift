import CVCore
import CVNN
import CVTraining
import Foundation
import Testing

@Suite struct HyperparameterSearchTests {
    private let positive = 0.0...1e6

    @Test("hyperparameter search: ranges are read from text") func rangesAreReadFromText() throws {
        #expect(try SearchRange("1e-3..1:log", limits: positive) == .logarithmic(0.001, 1))
        #expect(try SearchRange("0.5..0.99", limits: positive) == .even(0.5, 0.99))
        #expect(try SearchRange("32,64,128", limits: positive) == .choice([32, 64, 128]))
        #expect(try SearchRange("7", limits: positive) == .choice([7]))
    }

    @Test(
        "hyperparameter search: text that is not a range is an error",
        arguments: [
            ("", SearchRangeError.Problem.notUnderstood), ("a..b", .notUnderstood), ("1,,2", .notUnderstood),
            ("1..", .notUnderstood), ("5:log", .notUnderstood), ("1..2..3", .notUnderstood), ("1...5", .notUnderstood),
            ("nan", .notUnderstood),
            ("2..1", .notInOrder), ("1..1", .notInOrder), ("0..1:log", .logarithmOfZero),
            ("-1..1", .outside(-1, 0...1e6)), ("1..1e9", .outside(1e9, 0...1e6)),
        ])
    func textThatIsNoRangeIsAnError(text: String, problem: SearchRangeError.Problem) {
        #expect {
            try SearchRange(text, limits: positive)
        } throws: {
            ($0 as? SearchRangeError)?.problem == problem
        }
    }

    @Test("hyperparameter search: in a logarithmic range each power of ten is as likely")
    func inALogarithmicRangeEachPowerOfTenIsAsLikely() {
        var random = SplitMix64(seed: 1)
        let range = SearchRange.logarithmic(1e-4, 1)
        var counts = [0, 0, 0, 0]
        for _ in 0..<4000 {
            let value = range.sample(using: &random)
            #expect((1e-4...1).contains(value))
            counts[min(3, Int(clamping: log10(value) + 4))] += 1
        }
        // 1000 each, with a standard deviation of 27.
        #expect(counts.allSatisfy { abs($0 - 1000) < 120 })
    }

    @Test("hyperparameter search: ranges and choices are drawn uniformly") func evenRangesAndChoicesAreDrawnEvenly() {
        var random = SplitMix64(seed: 2)
        let values = (0..<4000).map { _ in SearchRange.even(2, 4).sample(using: &random) }
        #expect(values.allSatisfy { (2...4).contains($0) })
        #expect(abs(values.reduce(0, +) / 4000 - 3) < 0.05)
        let choices = (0..<3000).map { _ in SearchRange.choice([1, 2, 3]).sample(using: &random) }
        for choice in 1...3 { #expect(abs(choices.count { $0 == Double(choice) } - 1000) < 130) }
    }

    @Test("hyperparameter search: narrowing keeps the best values and a quarter of the range")
    func narrowingKeepsWhatDidBestAndAQuarterOfTheRange() {
        #expect(SearchRange.even(0, 8).narrowed(to: [3, 6, 4]) == .even(3, 6))
        #expect(SearchRange.even(0, 8).narrowed(to: [4]) == .even(3, 5))
        #expect(SearchRange.even(0, 8).narrowed(to: [0]) == .even(0, 1))
        #expect(SearchRange.even(0, 8).narrowed(to: []) == .even(0, 8))
        #expect(SearchRange.choice([1, 2, 3]).narrowed(to: [3, 1]) == .choice([1, 3]))
        guard case .logarithmic(let low, let high) = SearchRange.logarithmic(1e-4, 1).narrowed(to: [0.01]) else {
            Issue.record("a logarithmic range stays one")
            return
        }
        #expect(abs(log10(low) + 2.5) < 1e-9 && abs(log10(high) + 1.5) < 1e-9)
    }

    /// The best at a rate of 0.03 and 64 images.
    private func score(_ trial: HyperparameterSearch.Trial) -> Double {
        -abs(log10(trial["rate"] / 0.03)) - (trial["batch"] == 64 ? 0 : 0.1)
    }

    private let ranges: [String: SearchRange] = ["rate": .logarithmic(1e-6, 10), "batch": .choice([16, 64])]

    @Test("hyperparameter search: the second round searches around the best of the first")
    func theSecondRoundLooksWhereTheFirstWasBest() {
        let search = HyperparameterSearch(ranges, trials: 24, rounds: 2, seed: 3)
        let outcomes = search.run(score)
        #expect(outcomes.count == 48)
        #expect(zip(outcomes, outcomes.dropFirst()).allSatisfy { $0.score! >= $1.score! })
        func mean(_ round: Int) -> Double {
            outcomes.filter { $0.trial.round == round }.reduce(0) { $0 + $1.score! } / 24
        }
        #expect(mean(1) > mean(0) + 0.5)
        #expect(outcomes[0].trial.round == 1)
    }

    @Test("hyperparameter search: the same seed gives the same trials however many there are")
    func theSameSeedGivesTheSameTrialsHoweverManyThereAre() {
        let short = HyperparameterSearch(ranges, trials: 5, seed: 3).run(score)
        #expect(short == HyperparameterSearch(ranges, trials: 5, seed: 3).run(score))
        let long = HyperparameterSearch(ranges, trials: 9, seed: 3).run(score)
        #expect(short.allSatisfy(long.contains))
        #expect(short != HyperparameterSearch(ranges, trials: 5, seed: 4).run(score))
    }

    @Test("hyperparameter search: failed trials come last and narrow nothing")
    func trialsThatFailStandLastAndNarrowNothing() {
        let search = HyperparameterSearch(["rate": .even(0, 1)], trials: 8, rounds: 2, seed: 1)
        let outcomes = search.run { $0.round == 0 ? ($0.number == 3 ? 1 : .nan) : nil }
        #expect(outcomes[0].trial.number == 3 && outcomes.dropFirst().allSatisfy { $0.score == nil })
        let best = outcomes[0].trial["rate"]
        let second = outcomes.filter { $0.trial.round == 1 }
        #expect(second.count == 8 && second.allSatisfy { abs($0.trial["rate"] - best) <= 0.125 })
    }

    @Test("hyperparameter search: a search that is stopped returns its outcomes so far")
    func aSearchThatIsToStopReturnsWhatItHas() {
        var count = 0
        func isOver() -> Bool { count == 3 }
        let outcomes = HyperparameterSearch(["rate": .even(0, 1)], trials: 8).run(shouldStop: isOver) { trial in
            count += 1
            return trial["rate"]
        }
        #expect(outcomes.count == 3)
    }
}
