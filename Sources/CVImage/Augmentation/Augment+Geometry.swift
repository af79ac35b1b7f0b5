import CVCore

/// Geometric augmentations: they move pixels, and with them boxes, masks and keypoints.
extension Augment {
    /// Horizontal flip, like torchvision's `RandomHorizontalFlip(p=1)`.
    public struct Mirror: Augmentation {
        /// Pairs of keypoints that swap in a mirror image, such as left and right eye.
        public var keypointPairs: [Pair]

        /// Two keypoints that swap.
        public struct Pair: Sendable, Equatable {
            /// Indices into the keypoints of an object.
            public var left, right: Int

            /// A pair of keypoints.
            ///
            /// - Parameters:
            ///   - left: the index of one.
            ///   - right: the index of the other.
            public init(_ left: Int, _ right: Int) { (self.left, self.right) = (left, right) }
        }

        /// A horizontal flip.
        ///
        /// - Parameter keypointPairs: the keypoints that swap.
        public init(keypointPairs: [Pair] = []) { self.keypointPairs = keypointPairs }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            sample.mirrored(keypointPairs: keypointPairs.map { ($0.left, $0.right) })
        }
    }

    /// Vertical flip, for images without a natural orientation, such as aerial images. Like torchvision's
    /// `RandomVerticalFlip(p=1)`.
    public struct Flip: Augmentation {
        /// A vertical flip.
        public init() {}

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            sample.flippedVertically()
        }
    }

    /// A random crop of random size, without resizing.
    public struct Crop: Augmentation {
        /// The fraction of the width and height that is kept; the aspect ratio is kept too.
        public var part: ClosedRange<Double>

        /// A random crop.
        ///
        /// - Parameter part: the range of the fraction of each side, above 0 to 1.
        public init(part: ClosedRange<Double> = 0.7...0.95) {
            precondition(part.lowerBound > 0 && part.upperBound <= 1, "a crop of \(part): above 0 to 1 expected")
            self.part = part
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let part = random.value(in: part)
            func side(_ length: Int) -> Int { min(max(1, Int(clamping: (Double(length) * part).rounded())), length) }
            let (width, height) = (side(sample.image.width), side(sample.image.height))
            let x = random.index(below: sample.image.width - width + 1)
            let y = random.index(below: sample.image.height - height + 1)
            return sample.cropped(x: x, y: y, width: width, height: height)
        }
    }

    /// Random translation by whole pixels, uniform in both directions; the size is kept.
    ///
    /// With 4 pixels it is the usual "pad by 4 and crop 32" for CIFAR (Lee et al. 2014, arXiv:1409.5185), where the
    /// padding was black: `border` `.fill(.black)`.
    public struct Shift: Augmentation {
        /// The largest translation.
        public enum Reach: Sendable, Equatable {
            /// A fraction of the width, and independently of the height; 0 to 1.
            case part(Double)
            /// A number of pixels.
            case pixels(Int)
        }

        /// The largest translation to either side, and independently up or down.
        public var reach: Reach
        /// How to fill what lies outside the image.
        public var border: Border

        /// A random translation.
        ///
        /// - Parameters:
        ///   - reach: the largest translation.
        ///   - border: how to fill what lies outside the image.
        public init(_ reach: Reach = .part(0.125), border: Border = .reflect) {
            switch reach {
            case .part(let part): precondition((0...1).contains(part), "a shift by \(part): 0 to 1 expected")
            case .pixels(let count): precondition((0...1 << 30).contains(count), "a shift by \(count) pixels")
            }
            (self.reach, self.border) = (reach, border)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let x = draw(sample.image.width, &random)
            let y = draw(sample.image.height, &random)
            return sample.shifted(x: x, y: y, border: border)
        }

        private func draw(_ side: Int, _ random: inout SplitMix64) -> Int {
            let furthest =
                switch reach {
                case .part(let part): Int(clamping: (Double(side) * part).rounded())
                case .pixels(let count): count
                }
            return random.index(below: 2 * furthest + 1) - furthest
        }
    }

    /// A crop of random area and aspect ratio, resized to one size (Szegedy et al. 2014, arXiv:1409.4842; torchvision's
    /// `RandomResizedCrop`, with antialias).
    public struct ResizedCrop: Augmentation {
        /// The fraction of the area that is kept.
        public var area: ClosedRange<Double>
        /// The aspect ratio relative to that of the output; drawn uniformly in the logarithm.
        public var aspect: ClosedRange<Double>
        /// The size of the output in pixels; nil for that of the image.
        public var size: (width: Int, height: Int)?

        /// A resized crop.
        ///
        /// - Parameters:
        ///   - area: the range of the fraction of the area, above 0 to 1.
        ///   - aspect: the range of the aspect ratio relative to that of the output, above 0.
        ///   - size: of the output, in pixels; nil for that of the image.
        public init(
            area: ClosedRange<Double> = 0.08...1, aspect: ClosedRange<Double> = 3 / 4.0...4 / 3.0,
            size: (width: Int, height: Int)? = nil
        ) {
            precondition(area.lowerBound > 0 && area.upperBound <= 1, "an area of \(area): above 0 to 1 expected")
            precondition(
                aspect.lowerBound > 0 && aspect.upperBound.isFinite, "an aspect of \(aspect): above 0 expected")
            (self.area, self.aspect, self.size) = (area, aspect, size)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let (width, height) = size ?? (sample.image.width, sample.image.height)
            let region = region(of: sample.image, shape: Double(width) / Double(height), &random)
            return sample.resized(width: width, height: height, region: region)
        }

        /// A random region: ten attempts; if none fits into the image, the largest centered region of the output's
        /// aspect ratio.
        private func region(of image: Image, shape: Double, _ random: inout SplitMix64) -> Box {
            let (w, h) = (Double(image.width), Double(image.height))
            let logAspect = logarithm(aspect.lowerBound)...logarithm(aspect.upperBound)
            for _ in 0..<10 {
                let area = random.value(in: area) * w * h
                let ratio = exponential(random.value(in: logAspect)) * shape
                let (width, height) = ((area * ratio).squareRoot().rounded(), (area / ratio).squareRoot().rounded())
                guard width >= 1, height >= 1, width <= w, height <= h else { continue }
                let x = Double(random.index(below: Int(clamping: w - width) + 1))
                let y = Double(random.index(below: Int(clamping: h - height) + 1))
                return Box(minX: Float(x), minY: Float(y), maxX: Float(x + width), maxY: Float(y + height))
            }
            let (width, height) = (min(w, h * shape), min(h, w / shape))
            return Box(
                minX: Float((w - width) / 2), minY: Float((h - height) / 2), maxX: Float((w + width) / 2),
                maxY: Float((h + height) / 2)
            ).clipped(width: image.width, height: image.height)
        }
    }

    /// Random rotation, scaling, shear and translation around the center in one step, so that the image is resampled
    /// only once. Like torchvision's `RandomAffine`.
    ///
    /// The defaults are mild, as suits images with a natural orientation.
    public struct Affine: Augmentation {
        /// Counterclockwise.
        public var degrees: ClosedRange<Double>
        /// The scale factor of both sides; at least 0.1.
        public var scale: ClosedRange<Double>
        /// The shear along x, and independently along y, in degrees; within ±60.
        public var shearDegrees: ClosedRange<Double>
        /// The translation relative to the width, and independently to the height.
        public var shift: ClosedRange<Double>
        /// How to fill what lies outside the image.
        public var border: Border

        /// A random affine transform.
        ///
        /// - Parameters:
        ///   - degrees: the rotation, counterclockwise.
        ///   - scale: the scale factor, at least 0.1.
        ///   - shearDegrees: the shear along each axis, -60 to 60.
        ///   - shift: the translation relative to each side.
        ///   - border: how to fill what lies outside the image.
        public init(
            degrees: ClosedRange<Double> = -10...10, scale: ClosedRange<Double> = 0.85...1.15,
            shearDegrees: ClosedRange<Double> = -8...8, shift: ClosedRange<Double> = -0.08...0.08,
            border: Border = .reflect
        ) {
            precondition(
                scale.lowerBound >= 0.1 && scale.upperBound.isFinite, "a scale of \(scale): 0.1 or more expected")
            precondition(
                shearDegrees.lowerBound >= -60 && shearDegrees.upperBound <= 60,
                "a shear of \(shearDegrees) degrees: -60 to 60 expected")
            (self.degrees, self.scale, self.shearDegrees) = (degrees, scale, shearDegrees)
            (self.shift, self.border) = (shift, border)
        }

        /// The defaults scaled by a strength.
        ///
        /// - Parameters:
        ///   - strength: 0 to 4.
        ///   - border: how to fill what lies outside the image.
        public init(strength: Double, border: Border = .reflect) {
            precondition((0...4).contains(strength), "affine with a strength of \(strength): 0 to 4 expected")
            self.init(
                degrees: -10 * strength...10 * strength, scale: 1 - 0.15 * strength...1 + 0.15 * strength,
                shearDegrees: -8 * strength...8 * strength, shift: -0.08 * strength...0.08 * strength, border: border)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let (w, h) = (Double(sample.image.width), Double(sample.image.height))
            let scale = random.value(in: scale)
            let map = AffineMap.shear(x: tangent(degrees: random.value(in: shearDegrees)), y: 0)
                .then(.shear(x: 0, y: tangent(degrees: random.value(in: shearDegrees))))
                .then(.rotation(degrees: random.value(in: degrees)))
                .then(.scale(x: scale, y: scale)).around(x: w / 2, y: h / 2)
                .then(.translation(x: random.value(in: shift) * w, y: random.value(in: shift) * h))
            return sample.warped(by: map, border: border)
        }
    }

    /// Random rotation around the center, like torchvision's `RandomRotation`; the size is kept. Positive angles are
    /// counterclockwise.
    public struct Rotate: Augmentation {
        /// The angle, counterclockwise.
        public var degrees: ClosedRange<Double>
        /// How to fill what lies outside the image.
        public var border: Border

        /// A random rotation.
        ///
        /// - Parameters:
        ///   - degrees: the range of the angle.
        ///   - border: how to fill what lies outside the image.
        public init(degrees: ClosedRange<Double> = -15...15, border: Border = .reflect) {
            (self.degrees, self.border) = (degrees, border)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let turn = sample.image.rotation(degrees: random.value(in: degrees), expand: false)
            return sample.warped(by: turn.map, border: border)
        }
    }

    /// Random horizontal shear: every row is shifted in proportion to its distance from the center.
    public struct Shear: Augmentation {
        /// The angle in degrees, positive to the left at the top; within ±60.
        public var degrees: ClosedRange<Double>
        /// How to fill what lies outside the image.
        public var border: Border

        /// A random shear.
        ///
        /// - Parameters:
        ///   - degrees: the range of the angle, -60 to 60.
        ///   - border: how to fill what lies outside the image.
        public init(degrees: ClosedRange<Double> = -15...15, border: Border = .reflect) {
            precondition(
                degrees.lowerBound >= -60 && degrees.upperBound <= 60,
                "a shear of \(degrees) degrees: -60 to 60 expected")
            (self.degrees, self.border) = (degrees, border)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let shear = AffineMap.shear(x: tangent(degrees: random.value(in: degrees)), y: 0)
            let (w, h) = (Double(sample.image.width), Double(sample.image.height))
            return sample.warped(by: shear.around(x: w / 2, y: h / 2), border: border)
        }
    }
}
