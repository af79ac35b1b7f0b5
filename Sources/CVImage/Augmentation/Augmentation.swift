import CVCore

/// A change that keeps a picture's meaning: training on changed pictures teaches what does not matter.
///
/// The same generator in the same state gives the same bytes, at any number of threads.
/// An augmentation is always applied; `Augment.Sometimes` leaves it to chance.
public protocol Augmentation: Sendable {
    func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample
}

/// The augmentations. Their ranges are drawn from evenly, anew for each sample.
public enum Augment {
    /// One after the other.
    public struct Pipeline: Augmentation {
        public var steps: [any Augmentation]

        public init(_ steps: [any Augmentation]) { self.steps = steps }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            steps.reduce(sample) { $1($0, using: &random) }
        }
    }

    /// Applied with `probability`, else not.
    public struct Sometimes: Augmentation {
        public var probability: Double
        public var step: any Augmentation

        public init(_ probability: Double, _ step: any Augmentation) {
            precondition((0...1).contains(probability), "probability \(probability): 0 to 1 expected")
            self.probability = probability
            self.step = step
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            random.unit() < probability ? step(sample, using: &random) : sample
        }
    }

    /// One of several, each as likely as the others.
    public struct OneOf: Augmentation {
        public var choices: [any Augmentation]

        public init(_ choices: [any Augmentation]) {
            precondition(!choices.isEmpty, "one of no choices cannot be taken")
            self.choices = choices
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            choices[random.index(below: choices.count)](sample, using: &random)
        }
    }
}

extension Augmentation {
    /// The sample as the seed has it: the same for the same seed.
    public func callAsFunction(_ sample: Sample, seed: UInt64) -> Sample {
        var random = SplitMix64(seed: seed)
        return self(sample, using: &random)
    }
}

/// Draws. Written out rather than taken from the standard library, whose ways to use the bits may change.
extension SplitMix64 {
    /// 0 ..< 1, from the upper 53 bits.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func value(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// 0 ..< count; count is at least 1.
    mutating func index(below count: Int) -> Int { min(Int(unit() * Double(count)), count - 1) }

    /// Of the normal distribution (Box and Muller 1958).
    mutating func normal() -> Double {
        let radius = (-2 * logarithm(1 - unit())).squareRoot()
        return radius * cosine(2 * .pi * unit())
    }

    /// Of the beta distribution with both parameters `alpha`, from two draws of the gamma distribution.
    mutating func beta(_ alpha: Double) -> Double {
        let (a, b) = (logGamma(alpha), logGamma(alpha))
        // a / (a + b), in logarithms: for a small alpha both are often too small for a Double.
        return 1 / (1 + exponential(b - a))
    }

    /// The logarithm of a draw of the gamma distribution (Marsaglia and Tsang 2000; below 1, by their U^(1/alpha)).
    private mutating func logGamma(_ alpha: Double) -> Double {
        if alpha < 1 { return logGamma(alpha + 1) + logarithm(1 - unit()) / alpha }
        let d = alpha - 1 / 3.0
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = 1 + c * x
            guard v > 0 else { continue }
            let cube = v * v * v
            if logarithm(1 - unit()) < x * x / 2 + d * (1 - cube + logarithm(cube)) { return logarithm(d * cube) }
        }
    }
}
