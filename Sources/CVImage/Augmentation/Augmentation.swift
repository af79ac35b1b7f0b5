import CVCore

/// A random transform of a sample that preserves its meaning, like the transforms of `torchvision.transforms.v2`.
///
/// The same generator in the same state gives the same bytes, for any number of threads. An augmentation is always
/// applied; ``Augment/Sometimes`` applies it with a probability.
public protocol Augmentation: Sendable {
    /// Applies the augmentation.
    ///
    /// - Parameters:
    ///   - sample: the sample to transform.
    ///   - random: the random number generator; the result depends only on its state.
    /// - Returns: the transformed sample.
    func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample
}

/// The augmentations. Parameters given as ranges are drawn uniformly for each sample.
public enum Augment {
    /// Applies several augmentations in order, like torchvision's `Compose`.
    public struct Pipeline: Augmentation {
        /// The augmentations, in order.
        public var steps: [any Augmentation]

        /// A pipeline.
        ///
        /// - Parameter steps: the augmentations, in order.
        public init(_ steps: [any Augmentation]) { self.steps = steps }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            steps.reduce(sample) { $1($0, using: &random) }
        }
    }

    /// Applies an augmentation with a probability, like torchvision's `RandomApply`.
    public struct Sometimes: Augmentation {
        /// The probability, 0 to 1.
        public var probability: Double
        /// The augmentation.
        public var step: any Augmentation

        /// An optional augmentation.
        ///
        /// - Parameters:
        ///   - probability: 0 to 1.
        ///   - step: the augmentation.
        public init(_ probability: Double, _ step: any Augmentation) {
            precondition((0...1).contains(probability), "probability \(probability): 0 to 1 expected")
            self.probability = probability
            self.step = step
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            random.unit() < probability ? step(sample, using: &random) : sample
        }
    }

    /// Applies one of several augmentations, chosen uniformly, like torchvision's `RandomChoice`.
    public struct OneOf: Augmentation {
        /// The augmentations to choose from.
        public var choices: [any Augmentation]

        /// A choice.
        ///
        /// - Parameter choices: at least one augmentation.
        public init(_ choices: [any Augmentation]) {
            precondition(!choices.isEmpty, "a choice needs at least one augmentation")
            self.choices = choices
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            choices[random.index(below: choices.count)](sample, using: &random)
        }
    }
}

extension Augmentation {
    /// Applies the augmentation with a seed: the same result for the same seed.
    ///
    /// - Parameters:
    ///   - sample: the sample to transform.
    ///   - seed: of the random number generator.
    /// - Returns: the transformed sample.
    public func callAsFunction(_ sample: Sample, seed: UInt64) -> Sample {
        var random = SplitMix64(seed: seed)
        return self(sample, using: &random)
    }
}

/// Random distributions. Implemented here because the algorithms of the standard library may change.
extension SplitMix64 {
    /// 0 ..< 1, from the upper 53 bits.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func value(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// 0 ..< count; count is at least 1.
    mutating func index(below count: Int) -> Int { min(Int(clamping: unit() * Double(count)), count - 1) }

    /// A standard normal number (Box and Muller 1958).
    mutating func normal() -> Double {
        let radius = (-2 * logarithm(1 - unit())).squareRoot()
        return radius * cosine(2 * .pi * unit())
    }

    /// A number with the distribution Beta(alpha, alpha), from two gamma-distributed numbers.
    mutating func beta(_ alpha: Double) -> Double {
        let (a, b) = (logGamma(alpha), logGamma(alpha))
        // a / (a + b), in logarithms: for small alpha both often underflow.
        return 1 / (1 + exponential(b - a))
    }

    /// The logarithm of a gamma-distributed number (Marsaglia and Tsang 2000; below 1, with their U^(1/alpha)).
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
