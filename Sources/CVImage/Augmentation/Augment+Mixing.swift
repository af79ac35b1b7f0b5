import CVCore

/// Augmentations that combine several samples.
extension Augment {
    /// Provides the other samples: called with the current sample whenever another one is needed.
    public typealias PartnerSource = @Sendable (_ sample: Sample, _ random: inout SplitMix64) -> Sample

    /// The sample itself, mirrored, if there are no others.
    public static let mirroredSelf: PartnerSource = { sample, _ in sample.mirrored() }

    /// Mosaic: four samples in the four quadrants of an image (Bochkovskiy, Wang and Liao 2020, YOLOv4,
    /// arXiv:2004.10934).
    ///
    /// Each is scaled to fill its quadrant, or by a random factor, and cropped at random. All four have the same number of masks.
    public struct Mosaic: Augmentation {
        /// The range of the factor that each sample is scaled by; what is then smaller than its quadrant lies at the point where
        /// they meet, with gray around. Nil: each fills its quadrant.
        public var scale: ClosedRange<Double>?
        /// The point where the quadrants meet, relative to the width, and independently to the height.
        public var meeting: ClosedRange<Double>
        /// Provides the other samples.
        public var partner: PartnerSource

        /// A mosaic.
        ///
        /// - Parameters:
        ///   - meeting: the range of the point where the quadrants meet, 0 to 1.
        ///   - scale: the range of the factor that each sample is scaled by, above 0; nil to fill the quadrants.
        ///   - partner: provides the other three samples.
        public init(
            meeting: ClosedRange<Double> = 0.3...0.7, scale: ClosedRange<Double>? = nil,
            partner: @escaping PartnerSource = Augment.mirroredSelf
        ) {
            precondition(scale.map { $0.lowerBound > 0 } ?? true, "a mosaic at a scale of \(scale ?? 0...0)")
            precondition(
                meeting.lowerBound >= 0 && meeting.upperBound <= 1, "corners that meet at \(meeting): 0 to 1 expected")
            (self.meeting, self.scale, self.partner) = (meeting, scale, partner)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let others = (0..<3).map { _ in partner(sample, &random) }
            return combine([sample] + others, using: &random)
        }

        /// Combines four samples. The keypoints are those of all four, concatenated.
        ///
        /// Keypoints are those of all four, one list after the other; the image-level label is that of the first.
        ///
        /// - Parameters:
        ///   - samples: top left, top right, bottom left, bottom right; the first one determines the size.
        ///   - random: the random number generator.
        /// - Returns: a sample of the size of the first.
        public func combine(_ samples: [Sample], using random: inout SplitMix64) -> Sample {
            precondition(samples.count == 4, "a mosaic has 4 samples, found \(samples.count)")
            precondition(
                samples.allSatisfy { $0.masks.count == samples[0].masks.count },
                "samples of a mosaic have the same number of masks, found \(samples.map(\.masks.count))")
            let (width, height) = (samples[0].image.width, samples[0].image.height)
            let middleX = Int(clamping: (Double(width) * random.value(in: meeting)).rounded())
            let middleY = Int(clamping: (Double(height) * random.value(in: meeting)).rounded())
            var canvas = Canvas(width: width, height: height, like: samples)
            for (index, sample) in samples.enumerated() {
                let (x, y) = (index % 2 == 0 ? 0 : middleX, index < 2 ? 0 : middleY)
                let (w, h) = (index % 2 == 0 ? middleX : width - middleX, index < 2 ? middleY : height - middleY)
                guard w > 0, h > 0 else { continue }
                let part =
                    scale.map { sample.part(width: w, height: h, scale: random.value(in: $0), using: &random) }
                    ?? sample.filling(width: w, height: h, using: &random)
                // Towards the point where they meet.
                canvas.paste(
                    part, x: index % 2 == 0 ? x + w - part.image.width : x,
                    y: index < 2 ? y + h - part.image.height : y)
            }
            return canvas.sample
        }
    }

    /// Mixup: blends two images and weights their labels accordingly (Zhang et al. 2018, arXiv:1710.09412).
    public struct Mixup: Augmentation {
        /// The weight of the first sample has the distribution Beta(alpha, alpha): with the paper's 0.2 it is mostly
        /// near 0 or 1, as for classification; 32 keeps it near a half, as for detection.
        public var alpha: Double
        /// Provides the other sample.
        public var partner: PartnerSource

        /// A mixup.
        ///
        /// - Parameters:
        ///   - alpha: the parameter of the beta distribution, 0.001 to 1000000.
        ///   - partner: provides the other sample.
        public init(alpha: Double = 0.2, partner: @escaping PartnerSource = Augment.mirroredSelf) {
            precondition((0.001...1e6).contains(alpha), "mixup with an alpha of \(alpha): 0.001 to 1000000 expected")
            (self.alpha, self.partner) = (alpha, partner)
        }

        /// Blends the sample with another and merges their labels: see ``Mixture/merged``. Losses that need the weights
        /// call `combine`.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the blend.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            combine(sample, partner(sample, &random), using: &random).merged
        }

        /// Blends two samples; the second is resized to the size of the first.
        ///
        /// - Parameters:
        ///   - first: the sample that determines the size.
        ///   - second: the other sample.
        ///   - random: the random number generator.
        /// - Returns: the blended image, and both samples with their weight.
        public func combine(_ first: Sample, _ second: Sample, using random: inout SplitMix64) -> Mixture {
            let weight = Float(random.beta(alpha))
            let fitted = second.resized(width: first.image.width, height: first.image.height)
            return Mixture(first: first, second: fitted, weight: weight)
        }
    }
}

/// The result of mixup. The loss of `image` is `weight` · loss(first's labels) + (1 - `weight`) · loss(second's
/// labels).
public struct Mixture: Sendable, Equatable {
    /// The blended image.
    public let image: Image
    /// The first sample.
    public let first: Sample
    /// The second sample, at the size of the first.
    public let second: Sample
    /// The weight of the first, 0…1.
    public let weight: Float

    init(first: Sample, second: Sample, weight: Float) {
        image = first.image.blended(with: second.image, weight: weight)
        (self.first, self.second, self.weight) = (first, second, weight)
    }

    /// One sample with the boxes and keypoints of both, as detectors are trained, and the masks of the one with the
    /// larger weight.
    public var merged: Sample {
        var result = weight >= 0.5 ? first : second
        result.image = image
        result.boxes = first.boxes + second.boxes
        result.keypoints = first.keypoints + second.keypoints
        return result
    }
}

extension Sample {
    /// The largest random crop of the given aspect ratio, resized to the given size.
    fileprivate func filling(width: Int, height: Int, using random: inout SplitMix64) -> Sample {
        let (w, h) = (Double(image.width), Double(image.height))
        let scale = max(Double(width) / w, Double(height) / h)
        let (partWidth, partHeight) = (min(Double(width) / scale, w), min(Double(height) / scale, h))
        let (x, y) = ((w - partWidth) * random.unit(), (h - partHeight) * random.unit())
        let region = Box(
            minX: Float(x), minY: Float(y), maxX: Float(x + partWidth), maxY: Float(y + partHeight))
        return resized(width: width, height: height, region: region.clipped(width: image.width, height: image.height))
    }
}

extension Sample {
    /// A random part, scaled, that is as large as the given size unless all of the scaled image is smaller.
    fileprivate func part(width: Int, height: Int, scale: Double, using random: inout SplitMix64) -> Sample {
        func side(_ limit: Int, _ own: Int) -> (length: Int, part: Double) {
            let scaled = max(1, Int(clamping: (Double(own) * scale).rounded()))
            return (min(limit, scaled), min(Double(limit) / scale, Double(own)))
        }
        let (across, down) = (side(width, image.width), side(height, image.height))
        let x = (Double(image.width) - across.part) * random.unit()
        let y = (Double(image.height) - down.part) * random.unit()
        let region = Box(
            minX: Float(x), minY: Float(y), maxX: Float(x + across.part), maxY: Float(y + down.part))
        return resized(
            width: across.length, height: down.length,
            region: region.clipped(width: image.width, height: image.height))
    }
}

/// A blank sample to paste others into.
private struct Canvas {
    var sample: Sample

    init(width: Int, height: Int, like samples: [Sample]) {
        let format: Image.Format = samples.contains { $0.image.format == .rgba } ? .rgba : .rgb
        let blank = Mask(
            width: width, height: height, values: [UInt8](repeating: Mask.ignore, count: width * height))
        sample = Sample(
            Image(width: width, height: height, format: format, fill: .letterbox),
            masks: samples[0].masks.map { _ in blank }, label: samples[0].label)
        sample.leastVisiblePart = samples[0].leastVisiblePart
    }

    /// `part` must lie inside.
    mutating func paste(_ part: Sample, x: Int, y: Int) {
        sample.image.paste(part.image.inFormat(sample.image.format), x: x, y: y)
        for (index, mask) in part.masks.enumerated() {
            for row in 0..<mask.height {
                let to = (y + row) * sample.image.width + x
                sample.masks[index].values.replaceSubrange(
                    to..<to + mask.width, with: mask.values[row * mask.width..<(row + 1) * mask.width])
            }
        }
        let (dx, dy) = (Float(x), Float(y))
        sample.boxes += part.boxes.map { labeled in
            let box = labeled.box
            return LabeledBox(
                Box(minX: box.minX + dx, minY: box.minY + dy, maxX: box.maxX + dx, maxY: box.maxY + dy),
                label: labeled.label)
        }
        sample.keypoints += part.keypoints.map { group in
            group.map {
                Keypoint(Point(x: $0.position.x + dx, y: $0.position.y + dy), isVisible: $0.isVisible)
            }
        }
    }
}

extension Image {
    /// The image with its alpha dropped, or with an opaque alpha added.
    func inFormat(_ format: Format) -> Image {
        guard format != self.format else { return self }
        guard format == .rgba else { return withoutAlpha() }
        return Image.make(width: width, height: height, format: .rgba) { output in
            for index in 0..<width * height {
                for channel in 0..<3 { output[4 * index + channel] = pixels[3 * index + channel] }
                output[4 * index + 3] = 255
            }
        }
    }

    /// weight · this + (1 - weight) · other, sample by sample.
    fileprivate func blended(with other: Image, weight: Float) -> Image {
        let format: Format = format == .rgba || other.format == .rgba ? .rgba : .rgb
        let (first, second) = (inFormat(format), other.inFormat(format))
        return Image.make(width: width, height: height, format: format) { output in
            for index in first.pixels.indices {
                let (a, b) = (Float(first.pixels[index]), Float(second.pixels[index]))
                output[index] = Self.rounded(b + weight * (a - b))
            }
        }
    }
}
