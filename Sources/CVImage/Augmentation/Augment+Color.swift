import CVCore

/// Photometric augmentations: they change colors and move nothing.
extension Augment {
    /// Adds an amount to each of red, green and blue independently.
    public struct RGBShift: Augmentation {
        /// The range of the amounts, in levels of 255.
        public var levels: ClosedRange<Double>

        /// An RGB shift.
        ///
        /// - Parameter levels: the range of the amounts, -255 to 255.
        public init(levels: ClosedRange<Double> = -20...20) {
            precondition(
                levels.lowerBound >= -255 && levels.upperBound <= 255, "a shift of \(levels): -255 to 255 expected")
            self.levels = levels
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let (red, green) = (random.value(in: levels), random.value(in: levels))
            let blue = random.value(in: levels)
            return sample.recolored { $0.shifted(red: red, green: green, blue: blue) }
        }
    }

    /// Rotates the hue and scales saturation and value; the defaults are those of the YOLO family of detectors.
    public struct HSVShift: Augmentation {
        /// The rotation of the hue, in degrees.
        public var hueDegrees: ClosedRange<Double>
        /// The factor of the saturation.
        public var saturation: ClosedRange<Double>
        /// The factor of the value.
        public var value: ClosedRange<Double>

        /// An HSV shift.
        ///
        /// - Parameters:
        ///   - hueDegrees: the rotation of the hue, in degrees.
        ///   - saturation: the factor of the saturation, at least 0.
        ///   - value: the factor of the value, at least 0.
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

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let (hue, saturation) = (random.value(in: hueDegrees), random.value(in: saturation))
            let value = random.value(in: value)
            return sample.recolored { $0.shifted(hueDegrees: hue, saturation: saturation, value: value) }
        }
    }

    /// Shifts colors along the principal axes of the colors of photographs, which simulates other lighting (Krizhevsky,
    /// Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks").
    public struct PCAShift: Augmentation {
        /// The standard deviation along each axis; the paper's 0.1 shifts by a few levels only.
        public var deviation: Double

        /// A PCA shift.
        ///
        /// - Parameter deviation: the standard deviation along each axis, at least 0.
        public init(deviation: Double = 0.1) {
            precondition(deviation >= 0 && deviation.isFinite, "a deviation of \(deviation): 0 or more expected")
            self.deviation = deviation
        }

        /// The eigenvalues of the covariance of ImageNet's pixels in 0…1, as published with fb.resnet.torch.
        private static let lengths = [0.2175, 0.0188, 0.0045]
        /// The eigenvectors, one per column; red, green, blue.
        private static let axes = [
            [-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203],
        ]

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let draws = Self.lengths.map { $0 * deviation * random.normal() * 255 }
            let shift = Self.axes.map { axis in zip(axis, draws).reduce(0) { $0 + $1.0 * $1.1 } }
            return sample.recolored { $0.shifted(red: shift[0], green: shift[1], blue: shift[2]) }
        }
    }

    /// Random brightness: see ``Image/withBrightness(_:)``. Like torchvision's `ColorJitter(brightness:)`.
    public struct Brightness: Augmentation {
        /// The factor of the brightness.
        public var factor: ClosedRange<Double>

        /// Random brightness.
        ///
        /// - Parameter factor: the range of the factor, at least 0.
        public init(factor: ClosedRange<Double> = 0.6...1.4) { self.factor = checkedFactor(factor) }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let factor = random.value(in: factor)
            return sample.recolored { $0.withBrightness(factor) }
        }
    }

    /// Random contrast: see ``Image/withContrast(_:)``. Like torchvision's `ColorJitter(contrast:)`.
    public struct Contrast: Augmentation {
        /// The factor of the contrast.
        public var factor: ClosedRange<Double>

        /// Random contrast.
        ///
        /// - Parameter factor: the range of the factor, at least 0.
        public init(factor: ClosedRange<Double> = 0.6...1.4) { self.factor = checkedFactor(factor) }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let factor = random.value(in: factor)
            return sample.recolored { $0.withContrast(factor) }
        }
    }

    /// Random saturation: see ``Image/withSaturation(_:)``. Like torchvision's `ColorJitter(saturation:)`.
    public struct Saturation: Augmentation {
        /// The factor of the saturation.
        public var factor: ClosedRange<Double>

        /// Random saturation.
        ///
        /// - Parameter factor: the range of the factor, at least 0.
        public init(factor: ClosedRange<Double> = 0.5...1.5) { self.factor = checkedFactor(factor) }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let factor = random.value(in: factor)
            return sample.recolored { $0.withSaturation(factor) }
        }
    }

    /// Random gamma correction: see ``Image/withGamma(_:)``.
    public struct Gamma: Augmentation {
        /// The exponent.
        public var gamma: ClosedRange<Double>

        /// Random gamma correction.
        ///
        /// - Parameter gamma: the range of the exponent, above 0.
        public init(gamma: ClosedRange<Double> = 0.7...1.5) {
            precondition(gamma.lowerBound > 0 && gamma.upperBound.isFinite, "a gamma of \(gamma): above 0 expected")
            self.gamma = gamma
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
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
    /// The sample with a photometric change of its image.
    func recolored(_ change: (Image) -> Image) -> Sample {
        var result = self
        result.image = change(image)
        return result
    }
}
