import CVCore

/// Augmentations that change colours and leave everything in its place.
extension Augment {
    /// An amount added to each of red, green and blue apart, in levels of 255.
    public struct RGBShift: Augmentation {
        public var levels: ClosedRange<Double>

        public init(levels: ClosedRange<Double> = -20...20) {
            precondition(
                levels.lowerBound >= -255 && levels.upperBound <= 255, "a shift of \(levels): -255 to 255 expected")
            self.levels = levels
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let (red, green) = (random.value(in: levels), random.value(in: levels))
            let blue = random.value(in: levels)
            return sample.recolored { $0.shifted(red: red, green: green, blue: blue) }
        }
    }

    /// Hue turned, saturation and value multiplied; the defaults are those of detectors of the YOLO family.
    public struct HSVShift: Augmentation {
        public var hueDegrees: ClosedRange<Double>
        public var saturation: ClosedRange<Double>
        public var value: ClosedRange<Double>

        public init(
            hueDegrees: ClosedRange<Double> = -5.4...5.4, saturation: ClosedRange<Double> = 0.3...1.7,
            value: ClosedRange<Double> = 0.6...1.4
        ) {
            precondition(
                saturation.lowerBound >= 0 && value.lowerBound >= 0 && saturation.upperBound.isFinite
                    && value.upperBound.isFinite,
                "saturation \(saturation), value \(value): factors of 0 or more expected")
            (self.hueDegrees, self.saturation, self.value) = (hueDegrees, saturation, value)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let (hue, saturation) = (random.value(in: hueDegrees), random.value(in: saturation))
            let value = random.value(in: value)
            return sample.recolored { $0.shifted(hueDegrees: hue, saturation: saturation, value: value) }
        }
    }

    /// A shift along the axes in which the colours of photographs vary most: other light, the same things
    /// (Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks").
    public struct PCAShift: Augmentation {
        /// Standard deviation of the draw along each axis; the paper's 0.1 shifts by a few levels only.
        public var deviation: Double

        public init(deviation: Double = 0.1) {
            precondition(deviation >= 0 && deviation.isFinite, "a deviation of \(deviation): 0 or more expected")
            self.deviation = deviation
        }

        /// Of the covariance of ImageNet's pixels in 0…1, as published with fb.resnet.torch.
        private static let lengths = [0.2175, 0.0188, 0.0045]
        /// One axis a column; red, green, blue.
        private static let axes = [
            [-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203],
        ]

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let draws = Self.lengths.map { $0 * deviation * random.normal() * 255 }
            let shift = Self.axes.map { axis in zip(axis, draws).reduce(0) { $0 + $1.0 * $1.1 } }
            return sample.recolored { $0.shifted(red: shift[0], green: shift[1], blue: shift[2]) }
        }
    }

    /// See `Image.withBrightness`.
    public struct Brightness: Augmentation {
        public var factor: ClosedRange<Double>

        public init(factor: ClosedRange<Double> = 0.6...1.4) { self.factor = checkedFactor(factor) }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let factor = random.value(in: factor)
            return sample.recolored { $0.withBrightness(factor) }
        }
    }

    /// See `Image.withContrast`.
    public struct Contrast: Augmentation {
        public var factor: ClosedRange<Double>

        public init(factor: ClosedRange<Double> = 0.6...1.4) { self.factor = checkedFactor(factor) }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let factor = random.value(in: factor)
            return sample.recolored { $0.withContrast(factor) }
        }
    }

    /// See `Image.withSaturation`.
    public struct Saturation: Augmentation {
        public var factor: ClosedRange<Double>

        public init(factor: ClosedRange<Double> = 0.5...1.5) { self.factor = checkedFactor(factor) }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let factor = random.value(in: factor)
            return sample.recolored { $0.withSaturation(factor) }
        }
    }

    /// See `Image.withGamma`.
    public struct Gamma: Augmentation {
        public var gamma: ClosedRange<Double>

        public init(gamma: ClosedRange<Double> = 0.7...1.5) {
            precondition(gamma.lowerBound > 0 && gamma.upperBound.isFinite, "a gamma of \(gamma): above 0 expected")
            self.gamma = gamma
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let gamma = random.value(in: gamma)
            return sample.recolored { $0.withGamma(gamma) }
        }
    }

    private static func checkedFactor(_ factor: ClosedRange<Double>) -> ClosedRange<Double> {
        precondition(
            factor.lowerBound >= 0 && factor.upperBound.isFinite, "a factor of \(factor): 0 or more expected")
        return factor
    }
}

extension Sample {
    /// With another picture of the same size.
    func recolored(_ change: (Image) -> Image) -> Sample {
        var result = self
        result.image = change(image)
        return result
    }
}
