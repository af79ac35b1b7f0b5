import CVCore

/// The learning rate as a function of time, as `torch.optim.lr_scheduler`.
///
/// ```swift
/// let schedule = Schedule.cosine(from: 0.1, to: 0, over: 60).warmedUp(over: 5, step: 1 / Double(stepsPerEpoch))
/// optimizer.learningRate = schedule(epoch)
/// ```
///
/// Time counts from 0, in epochs or steps at the caller's choice; it may be fractional.
public struct Schedule: Sendable {
    private let rate: @Sendable (Double) -> Double

    /// Creates a schedule from any function of time.
    ///
    /// - Parameter rate: the learning rate at a time.
    public init(_ rate: @escaping @Sendable (_ time: Double) -> Double) { self.rate = rate }

    /// The learning rate at a time.
    ///
    /// - Parameter time: in the unit of the schedule, epochs or steps, from 0.
    /// - Returns: the learning rate.
    public func callAsFunction(_ time: Double) -> Float { Float(rate(time)) }
    /// The learning rate at a whole epoch or step.
    ///
    /// - Parameter time: in the unit of the schedule, epochs or steps, from 0.
    /// - Returns: the learning rate.
    public func callAsFunction(_ time: Int) -> Float { Float(rate(Double(time))) }

    /// The same rate at all times.
    ///
    /// - Parameter rate: the learning rate.
    /// - Returns: the schedule.
    public static func constant(_ rate: Double) -> Schedule { Schedule { _ in rate } }

    /// Inverse time decay: start / (1 + decay · t).
    ///
    /// - Parameters:
    ///   - start: the rate at time 0.
    ///   - decay: the decay per unit of time.
    /// - Returns: the schedule.
    public static func inverse(from start: Double, decay: Double) -> Schedule {
        Schedule { start / (1 + decay * $0) }
    }

    /// Exponential decay: start · factor^t, as `torch.optim.lr_scheduler.ExponentialLR`.
    ///
    /// - Parameters:
    ///   - start: the rate at time 0.
    ///   - factor: the factor per unit of time.
    /// - Returns: the schedule.
    public static func exponential(from start: Double, factor: Double) -> Schedule {
        Schedule { start * pow(factor, $0) }
    }

    /// Step decay: start · factor^⌊t / length⌋, as `StepLR`.
    ///
    /// - Parameters:
    ///   - start: the rate at time 0.
    ///   - factor: the factor of each step.
    ///   - length: the time between steps, above 0.
    /// - Returns: the schedule.
    public static func staircase(from start: Double, factor: Double, every length: Double) -> Schedule {
        precondition(length > 0, "a stair of length \(length), above 0 expected")
        return Schedule { start * pow(factor, ($0 / length).rounded(.down)) }
    }

    /// Inverse square root decay: k / √t from t = 1 on; k before.
    ///
    /// - Parameter k: the rate at time 1.
    /// - Returns: the schedule.
    public static func inverseRoot(_ k: Double) -> Schedule {
        Schedule { k / max($0, 1).squareRoot() }
    }

    /// Cosine annealing from one rate to the other, constant afterwards, as `CosineAnnealingLR` (Loshchilov & Hutter 2016,
    /// arXiv:1608.03983).
    ///
    /// - Parameters:
    ///   - start: the rate at time 0.
    ///   - end: the rate from `length` on.
    ///   - length: the time of the annealing, above 0.
    /// - Returns: the schedule.
    public static func cosine(from start: Double, to end: Double = 0, over length: Double) -> Schedule {
        precondition(length > 0, "a cosine over \(length), above 0 expected")
        return Schedule { annealed(from: start, to: end, $0 / length) }
    }

    /// One cycle: up to `peak` and down to almost 0, both along cosines, as `OneCycleLR` (Smith & Topin 2017,
    /// arXiv:1708.07120). The last step of `steps` has the lowest rate.
    ///
    /// - Parameters:
    ///   - peak: the largest rate.
    ///   - steps: the total number of steps.
    ///   - rise: the fraction of the steps until the peak; PyTorch's `pct_start`.
    ///   - startDivisor: peak / first rate; PyTorch's `div_factor`.
    ///   - endDivisor: first rate / last rate; PyTorch's `final_div_factor`.
    /// - Returns: the schedule.
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

    /// A piecewise constant rate: that of the last change that is not later than now, `start` before the first.
    ///
    /// - Parameters:
    ///   - start: the rate before the first change.
    ///   - changes: times and the rates from then on, in any order.
    /// - Returns: the schedule.
    public static func manual(_ start: Double, changes: [(time: Double, rate: Double)]) -> Schedule {
        let sorted = changes.sorted { $0.time < $1.time }
        return Schedule { now in sorted.last { $0.time <= now }?.rate ?? start }
    }

    /// This schedule times a factor that grows linearly with each step (Goyal et al. 2017, arXiv:1706.02677): the step
    /// that begins at t has min(1, (t + step) / length), as `LinearWarmup` of the package pytorch_warmup.
    ///
    /// The first step counts as one of the warm-up, so that its rate is above 0: a step with rate 0 would learn nothing.
    ///
    /// - Parameters:
    ///   - length: the time of the warm-up, above 0.
    ///   - step: the time that a step takes, above 0: 1 where time counts steps, 1 / steps per epoch where it counts epochs.
    /// - Returns: the schedule.
    public func warmedUp(over length: Double, step: Double) -> Schedule {
        precondition(length > 0 && step > 0, "a warm-up over \(length) in steps of \(step), above 0 expected")
        return Schedule { [rate] time in rate(time) * min(1, (time + step) / length) }
    }

    /// This schedule times a factor that grows linearly from `first` to 1 at the time `length`, as
    /// `torch.optim.lr_scheduler.LinearLR`.
    ///
    /// - Parameters:
    ///   - length: the time of the warm-up, above 0.
    ///   - first: the factor at time 0, above 0: PyTorch's `start_factor`.
    /// - Returns: the schedule.
    public func warmedUp(over length: Double, from first: Double) -> Schedule {
        precondition(length > 0 && first > 0, "a warm-up over \(length) from \(first), above 0 expected")
        return Schedule { [rate] time in rate(time) * (time < length ? first + (1 - first) * time / length : 1) }
    }

    /// The rate along half a cosine; `part` goes from 0 to 1.
    private static func annealed(from start: Double, to end: Double, _ part: Double) -> Double {
        end + (start - end) * (1 + cos(.pi * min(max(part, 0), 1))) / 2
    }
}
