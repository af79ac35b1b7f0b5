import CVCore

/// Random search for hyperparameters (Bergstra & Bengio 2012), from coarse to fine.
///
/// Each trial draws all values at once: if one of them matters little, the others still take as many values as there are
/// trials, whereas a grid would repeat itself. After a round, the ranges shrink to those of its best quarter.
///
/// ```swift
/// let search = HyperparameterSearch(["rate": .logarithmic(1e-3, 1), "batch": .choice([32, 64])], trials: 20, rounds: 2)
/// let trials = try search.run { trial in try accuracy(rate: trial["rate"], batch: Int(trial["batch"])) }
/// print(trials[0])
/// ```
public struct HyperparameterSearch: Sendable {
    /// One set of values to try.
    public struct Trial: Sendable, Equatable {
        /// Counted from 0.
        public let round: Int
        /// Counted from 0, over all rounds.
        public let number: Int
        /// Values by name.
        public let values: [String: Double]

        /// The value of a name that the search has.
        ///
        /// - Parameter name: the name of a hyperparameter.
        public subscript(name: String) -> Double {
            guard let value = values[name] else {
                preconditionFailure("the search has no \(name), only \(values.keys.sorted())")
            }
            return value
        }
    }

    /// A trial and its score.
    public struct Outcome: Sendable, Equatable {
        /// The values that were tried.
        public let trial: Trial
        /// Higher is better; nil for a trial that failed, such as by a learning rate that is too large.
        public let score: Double?
    }

    /// The ranges of the first round, by name.
    public let ranges: [String: SearchRange]
    /// The number of trials in each round.
    public let trials: Int
    /// The number of rounds.
    public let rounds: Int
    /// The seed of the values.
    public let seed: UInt64

    /// - Parameters:
    ///   - ranges: of the first round, by name.
    ///   - trials: in each round.
    ///   - rounds: each after the first with smaller ranges.
    ///   - seed: another one gives other trials.
    public init(_ ranges: [String: SearchRange], trials: Int, rounds: Int = 1, seed: UInt64 = 0) {
        precondition(trials > 0 && rounds > 0, "\(trials) trials in \(rounds) rounds")
        self.ranges = ranges
        self.trials = trials
        self.rounds = rounds
        self.seed = seed
    }

    /// Makes all trials, one after the other, and returns them from best to worst.
    ///
    /// The same seed gives the same trials as long as the scores are the same; those of the first round in any case.
    ///
    /// - Parameters:
    ///   - shouldStop: asked before each trial; if true, the outcomes so far are returned.
    ///   - score: of a trial, higher is better; NaN counts as nil.
    /// - Returns: the outcomes from best to worst.
    public func run(
        shouldStop: () -> Bool = { false }, _ score: (Trial) throws -> Double?
    ) rethrows -> [Outcome] {
        var outcomes: [Outcome] = []
        var ranges = self.ranges
        for round in 0..<rounds {
            for number in round * trials..<(round + 1) * trials {
                if shouldStop() { return Self.sorted(outcomes) }
                let trial = Trial(round: round, number: number, values: draw(number, from: ranges))
                let score = try score(trial).flatMap { $0.isNaN ? nil : $0 }
                outcomes.append(Outcome(trial: trial, score: score))
            }
            ranges = Self.narrowed(ranges, by: Self.sorted(outcomes.filter { $0.trial.round == round }))
        }
        return Self.sorted(outcomes)
    }

    /// Draws in the order of the names: that of a dictionary changes between runs.
    private func draw(_ number: Int, from ranges: [String: SearchRange]) -> [String: Double] {
        var random = SplitMix64(seed: seed, stream: number)
        var values: [String: Double] = [:]
        for (name, range) in ranges.sorted(by: { $0.key < $1.key }) { values[name] = range.sample(using: &random) }
        return values
    }

    /// From best to worst, failed ones last; of equals the earlier first.
    private static func sorted(_ outcomes: [Outcome]) -> [Outcome] {
        outcomes.sorted {
            let (a, b) = ($0.score ?? -.infinity, $1.score ?? -.infinity)
            return a != b ? a > b : $0.trial.number < $1.trial.number
        }
    }

    private static func narrowed(_ ranges: [String: SearchRange], by sorted: [Outcome]) -> [String: SearchRange] {
        let best = sorted.prefix((sorted.count + 3) / 4).filter { $0.score != nil }
        return Dictionary(
            uniqueKeysWithValues: ranges.map { name, range in (name, range.narrowed(to: best.map { $0.trial[name] })) })
    }
}
