/// Measures steps and evaluations, and estimates the time that remains.
struct TrainingClock {
    private let start = ContinuousClock.now
    private var epochStart = ContinuousClock.now
    private var lastStep = ContinuousClock.now
    private var steps = 0, evaluations = 0
    private var stepSeconds = 0.0, evaluationSeconds = 0.0

    /// The time since the run began.
    var seconds: Double { Self.seconds(since: start) }
    /// The time of this epoch in this run.
    var epochSeconds: Double { Self.seconds(since: epochStart) }

    mutating func beginEpoch() {
        epochStart = .now
        lastStep = .now
    }

    mutating func stepEnded() {
        stepSeconds += Self.seconds(since: lastStep)
        steps += 1
        lastStep = .now
    }

    mutating func evaluationEnded() {
        evaluationSeconds += Self.seconds(since: lastStep)
        evaluations += 1
        lastStep = .now
    }

    /// Nil before the first step. Evaluations count after the first one.
    func timeRemaining(_ progress: TrainingProgress, _ configuration: TrainingConfiguration) -> Double? {
        guard steps > 0 else { return nil }
        let epochs = Double(configuration.epochs - progress.epoch)
        // The step of `progress` is the one that has just ended.
        let left = epochs * Double(configuration.stepsPerEpoch) - Double(progress.step) - 1
        let evaluation = evaluations > 0 ? evaluationSeconds / Double(evaluations) : 0
        return stepSeconds / Double(steps) * left + evaluation * epochs
    }

    private static func seconds(since time: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - time) / .seconds(1)
    }
}
