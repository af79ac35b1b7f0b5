import CVCore

/// Augmentations that move pixels, and with them boxes, masks and keypoints.
extension Augment {
    /// Left and right swapped.
    public struct Mirror: Augmentation {
        /// Places among an object's keypoints whose names change in a mirror, such as left and right eye.
        public var keypointPairs: [Pair]

        public struct Pair: Sendable, Equatable {
            public var left, right: Int

            public init(_ left: Int, _ right: Int) { (self.left, self.right) = (left, right) }
        }

        public init(keypointPairs: [Pair] = []) { self.keypointPairs = keypointPairs }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            sample.mirrored(keypointPairs: keypointPairs.map { ($0.left, $0.right) })
        }
    }

    /// Top and bottom swapped: for pictures without an up and down, such as those from above.
    public struct Flip: Augmentation {
        public init() {}

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            sample.flippedVertically()
        }
    }

    /// A part of the picture, anywhere in it, at its own size.
    public struct Crop: Augmentation {
        /// The part of the width and of the height that is kept; the shape stays.
        public var part: ClosedRange<Double>

        public init(part: ClosedRange<Double> = 0.7...0.95) {
            precondition(part.lowerBound > 0 && part.upperBound <= 1, "a crop of \(part): above 0 to 1 expected")
            self.part = part
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let part = random.value(in: part)
            func side(_ length: Int) -> Int { min(max(1, Int((Double(length) * part).rounded())), length) }
            let (width, height) = (side(sample.image.width), side(sample.image.height))
            let x = random.index(below: sample.image.width - width + 1)
            let y = random.index(below: sample.image.height - height + 1)
            return sample.cropped(x: x, y: y, width: width, height: height)
        }
    }

    /// The whole picture moved by whole pixels, each way as far as any other; the frame stays.
    ///
    /// Of 4 pixels it is the usual "pad by 4 and crop 32" for CIFAR (Lee et al. 2014, arXiv:1409.5185), where the
    /// padding was black: `border` `.fill(.black)`.
    public struct Shift: Augmentation {
        public enum Reach: Sendable, Equatable {
            /// Of the width, and apart from that, of the height; 0 to 1.
            case part(Double)
            case pixels(Int)
        }

        /// The furthest to either side, and apart from that, up or down.
        public var reach: Reach
        public var border: Border

        public init(_ reach: Reach = .part(0.125), border: Border = .reflect) {
            switch reach {
            case .part(let part): precondition((0...1).contains(part), "a shift by \(part): 0 to 1 expected")
            case .pixels(let count): precondition((0...1 << 30).contains(count), "a shift by \(count) pixels")
            }
            (self.reach, self.border) = (reach, border)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let x = draw(sample.image.width, &random)
            let y = draw(sample.image.height, &random)
            return sample.shifted(x: x, y: y, border: border)
        }

        private func draw(_ side: Int, _ random: inout SplitMix64) -> Int {
            let furthest =
                switch reach {
                case .part(let part): Int((Double(side) * part).rounded())
                case .pixels(let count): count
                }
            return random.index(below: 2 * furthest + 1) - furthest
        }
    }

    /// A part of the picture, of any size and a little out of shape, resized to one frame (Szegedy et al. 2014,
    /// arXiv:1409.4842; torchvision's `RandomResizedCrop`, with antialias).
    public struct ResizedCrop: Augmentation {
        /// The part of the area that is kept.
        public var area: ClosedRange<Double>
        /// How much wider than the frame the part is for its height; drawn so that 1/2 is as likely as 2.
        public var aspect: ClosedRange<Double>
        /// Of the frame; nil for the picture's own.
        public var size: (width: Int, height: Int)?

        public init(
            area: ClosedRange<Double> = 0.08...1, aspect: ClosedRange<Double> = 3 / 4.0...4 / 3.0,
            size: (width: Int, height: Int)? = nil
        ) {
            precondition(area.lowerBound > 0 && area.upperBound <= 1, "an area of \(area): above 0 to 1 expected")
            precondition(
                aspect.lowerBound > 0 && aspect.upperBound.isFinite, "an aspect of \(aspect): above 0 expected")
            (self.area, self.aspect, self.size) = (area, aspect, size)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let (width, height) = size ?? (sample.image.width, sample.image.height)
            let region = region(of: sample.image, shape: Double(width) / Double(height), &random)
            return sample.resized(width: width, height: height, region: region)
        }

        /// Ten draws; where none fits into the picture, the largest region of the frame's shape in its middle.
        private func region(of image: Image, shape: Double, _ random: inout SplitMix64) -> Box {
            let (w, h) = (Double(image.width), Double(image.height))
            let logAspect = logarithm(aspect.lowerBound)...logarithm(aspect.upperBound)
            for _ in 0..<10 {
                let area = random.value(in: area) * w * h
                let ratio = exponential(random.value(in: logAspect)) * shape
                let (width, height) = ((area * ratio).squareRoot().rounded(), (area / ratio).squareRoot().rounded())
                guard width >= 1, height >= 1, width <= w, height <= h else { continue }
                let x = Double(random.index(below: Int(w - width) + 1))
                let y = Double(random.index(below: Int(h - height) + 1))
                return Box(minX: Float(x), minY: Float(y), maxX: Float(x + width), maxY: Float(y + height))
            }
            let (width, height) = (min(w, h * shape), min(h, w / shape))
            return Box(
                minX: Float((w - width) / 2), minY: Float((h - height) / 2), maxX: Float((w + width) / 2),
                maxY: Float((h + height) / 2)
            ).clipped(width: image.width, height: image.height)
        }
    }

    /// Turned, scaled, sheared and shifted around the middle, in one step, so that pixels are blurred only once.
    ///
    /// The defaults are mild in everything, as suits pictures with an up and down.
    public struct Affine: Augmentation {
        /// Anticlockwise.
        public var degrees: ClosedRange<Double>
        /// A factor for both sides; at least 0.1.
        public var scale: ClosedRange<Double>
        /// How far uprights lean, and apart from that, level lines; within ±60.
        public var shearDegrees: ClosedRange<Double>
        /// Part of the width, and apart from that, of the height.
        public var shift: ClosedRange<Double>
        public var border: Border

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

        /// The defaults times `strength`, of 0 to 4.
        public init(strength: Double, border: Border = .reflect) {
            precondition((0...4).contains(strength), "affine with a strength of \(strength): 0 to 4 expected")
            self.init(
                degrees: -10 * strength...10 * strength, scale: 1 - 0.15 * strength...1 + 0.15 * strength,
                shearDegrees: -8 * strength...8 * strength, shift: -0.08 * strength...0.08 * strength, border: border)
        }

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

    /// Turned around the middle; the frame stays. Positive angles are anticlockwise.
    public struct Rotate: Augmentation {
        public var degrees: ClosedRange<Double>
        public var border: Border

        public init(degrees: ClosedRange<Double> = -15...15, border: Border = .reflect) {
            (self.degrees, self.border) = (degrees, border)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let turn = sample.image.rotation(degrees: random.value(in: degrees), expand: false)
            return sample.warped(by: turn.map, border: border)
        }
    }

    /// Leaning sideways: every row is shifted in proportion to its distance from the middle.
    public struct Shear: Augmentation {
        /// From the upright, positive to the left at the top; within ±60.
        public var degrees: ClosedRange<Double>
        public var border: Border

        public init(degrees: ClosedRange<Double> = -15...15, border: Border = .reflect) {
            precondition(
                degrees.lowerBound >= -60 && degrees.upperBound <= 60,
                "a shear of \(degrees) degrees: -60 to 60 expected")
            (self.degrees, self.border) = (degrees, border)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let shear = AffineMap.shear(x: tangent(degrees: random.value(in: degrees)), y: 0)
            let (w, h) = (Double(sample.image.width), Double(sample.image.height))
            return sample.warped(by: shear.around(x: w / 2, y: h / 2), border: border)
        }
    }
}
