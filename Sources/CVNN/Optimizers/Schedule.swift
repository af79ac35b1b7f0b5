import CVCore

/// The learning rate over time.
///
/// ```swift
/// let schedule = Schedule.cosine(from: 0.1, to: 0, over: 60).warmedUp(over: 5)
/// optimizer.learningRate = schedule(epoch)
/// ```
/// Time counts from 0, in epochs or steps as the caller likes; parts of an epoch are fine.
public struct Schedule: Sendable {
    private let rate: @Sendable (Double) -> Double

    /// By hand: any function of time.
    public init(_ rate: @escaping @Sendable (_ time: Double) -> Double) { self.rate = rate }

    public func callAsFunction(_ time: Double) -> Float { Float(rate(time)) }
    public func callAsFunction(_ time: Int) -> Float { Float(rate(Double(time))) }

    public static func constant(_ rate: Double) -> Schedule { Schedule { _ in rate } }

    /// start / (1 + decay · t).
    public static func inverse(from start: Double, decay: Double) -> Schedule {
        Schedule { start / (1 + decay * $0) }
    }

    /// start · factor^t, as `torch.optim.lr_scheduler.ExponentialLR`.
    public static func exponential(from start: Double, factor: Double) -> Schedule {
        Schedule { start * pow(factor, $0) }
    }

    /// start · factor^⌊t / length⌋, as `StepLR`.
    public static func staircase(from start: Double, factor: Double, every length: Double) -> Schedule {
        precondition(length > 0, "a stair of length \(length), above 0 expected")
        return Schedule { start * pow(factor, ($0 / length).rounded(.down)) }
    }

    /// k / √t from t = 1 on; k before.
    public static func inverseRoot(_ k: Double) -> Schedule {
        Schedule { k / max($0, 1).squareRoot() }
    }

    /// Half a cosine from one rate to the other, which then stays, as `CosineAnnealingLR` (Loshchilov & Hutter 2016,
    /// arXiv:1608.03983).
    public static func cosine(from start: Double, to end: Double = 0, over length: Double) -> Schedule {
        precondition(length > 0, "a cosine over \(length), above 0 expected")
        return Schedule { annealed(from: start, to: end, $0 / length) }
    }

    /// Up to `peak` and down to next to nothing, both along cosines, as `OneCycleLR` (Smith & Topin 2017,
    /// arXiv:1708.07120). The last step of `steps` has the lowest rate.
    ///
    /// - Parameters:
    ///   - rise: part of the time until the peak.
    ///   - startDivisor: peak / first rate.
    ///   - endDivisor: first rate / last rate.
    public static func oneCycle(
        peak: Double, steps: Int, rise: Double = 0.3, startDivisor: Double = 25, endDivisor: Double = 1e4
    ) -> Schedule {
        let (top, last) = (rise * Double(steps) - 1, Double(steps - 1))
        precondition(top > 0 && top < last, "one cycle of \(steps) steps with a rise of \(rise): too short")
        let start = peak / startDivisor
        return Schedule { time in
            time <= top
                ? annealed(from: start, to: peak, time / top)
                : annealed(from: peak, to: start / endDivisor, (time - top) / (last - top))
        }
    }

    /// The rate of the last change that is not later than now; `start` before the first.
    public static func manual(_ start: Double, changes: [(time: Double, rate: Double)]) -> Schedule {
        let sorted = changes.sorted { $0.time < $1.time }
        return Schedule { now in sorted.last { $0.time <= now }?.rate ?? start }
    }

    /// The same, but times a factor that grows evenly from `first` to 1 at the time `length` (Goyal et al. 2017,
    /// arXiv:1706.02677), as `LinearLR`.
    public func warmedUp(over length: Double, from first: Double = 0) -> Schedule {
        precondition(length > 0, "a warm-up over \(length), above 0 expected")
        return Schedule { [rate] time in rate(time) * (time < length ? first + (1 - first) * time / length : 1) }
    }

    /// Along half a cosine, `part` going from 0 to 1.
    private static func annealed(from start: Double, to end: Double, _ part: Double) -> Double {
        end + (start - end) * (1 + cos(.pi * min(max(part, 0), 1))) / 2
    }
}
