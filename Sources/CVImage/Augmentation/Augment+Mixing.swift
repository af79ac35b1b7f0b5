import CVCore

/// Augmentations that make one sample of several.
extension Augment {
    /// Where the others come from: called with the sample at hand whenever another one is needed.
    public typealias PartnerSource = @Sendable (_ sample: Sample, _ random: inout SplitMix64) -> Sample

    /// For want of others, the sample itself, in a mirror.
    public static let mirroredSelf: PartnerSource = { sample, _ in sample.mirrored() }

    /// Four samples in the four corners of a frame, cut where they meet (Bochkovskiy, Wang and Liao 2020, YOLOv4,
    /// arXiv:2004.10934): objects in new company, smaller, and cut.
    ///
    /// Each is scaled to fill its corner, of which a random part is seen. The four have the same number of masks.
    public struct Mosaic: Augmentation {
        /// Where the corners meet, as a part of the width, and apart from that, of the height.
        public var meeting: ClosedRange<Double>
        public var partner: PartnerSource

        public init(
            meeting: ClosedRange<Double> = 0.3...0.7, partner: @escaping PartnerSource = Augment.mirroredSelf
        ) {
            precondition(
                meeting.lowerBound >= 0 && meeting.upperBound <= 1, "corners that meet at \(meeting): 0 to 1 expected")
            (self.meeting, self.partner) = (meeting, partner)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let others = (0..<3).map { _ in partner(sample, &random) }
            return combine([sample] + others, using: &random)
        }

        /// Four samples, in the order top left, top right, bottom left, bottom right, in the frame of the first.
        ///
        /// Keypoints are those of all four, one list after the other.
        public func combine(_ samples: [Sample], using random: inout SplitMix64) -> Sample {
            precondition(samples.count == 4, "a mosaic has 4 samples, found \(samples.count)")
            precondition(
                samples.allSatisfy { $0.masks.count == samples[0].masks.count },
                "samples of a mosaic have the same number of masks, found \(samples.map(\.masks.count))")
            let (width, height) = (samples[0].image.width, samples[0].image.height)
            let middleX = Int((Double(width) * random.value(in: meeting)).rounded())
            let middleY = Int((Double(height) * random.value(in: meeting)).rounded())
            var canvas = Canvas(width: width, height: height, like: samples)
            for (index, sample) in samples.enumerated() {
                let (x, y) = (index % 2 == 0 ? 0 : middleX, index < 2 ? 0 : middleY)
                let (w, h) = (index % 2 == 0 ? middleX : width - middleX, index < 2 ? middleY : height - middleY)
                guard w > 0, h > 0 else { continue }
                canvas.paste(sample.filling(width: w, height: h, using: &random), x: x, y: y)
            }
            return canvas.sample
        }
    }

    /// Two pictures through each other, and their labels with the same weights (Zhang et al. 2018,
    /// arXiv:1710.09412).
    public struct Mixup: Augmentation {
        /// The weight of the first is drawn from the beta distribution with this for both parameters: around 0.2 it
        /// is mostly near 0 or 1, as for classification (the paper's); 32 keeps it near a half, as for detection.
        public var alpha: Double
        public var partner: PartnerSource

        public init(alpha: Double = 0.2, partner: @escaping PartnerSource = Augment.mirroredSelf) {
            precondition((0.001...1e6).contains(alpha), "mixup with an alpha of \(alpha): 0.001 to 1000000 expected")
            (self.alpha, self.partner) = (alpha, partner)
        }

        /// See `Mixture.merged`; what needs the weights calls `combine`.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            combine(sample, partner(sample, &random), using: &random).merged
        }

        /// The second is resized to the frame of the first.
        public func combine(_ first: Sample, _ second: Sample, using random: inout SplitMix64) -> Mixture {
            let weight = Float(random.beta(alpha))
            let fitted = second.resized(width: first.image.width, height: first.image.height)
            return Mixture(first: first, second: fitted, weight: weight)
        }
    }
}

/// What mixup gives: the loss of `image` is `weight` · loss(first's labels) + (1 - `weight`) · loss(second's labels).
public struct Mixture: Sendable, Equatable {
    public let image: Image
    public let first: Sample
    /// In the frame of the first.
    public let second: Sample
    /// Of the first, 0…1.
    public let weight: Float

    init(first: Sample, second: Sample, weight: Float) {
        image = first.image.blended(with: second.image, weight: weight)
        (self.first, self.second, self.weight) = (first, second, weight)
    }

    /// One sample with the boxes and keypoints of both, as detectors train on it, and the masks of the weightier.
    public var merged: Sample {
        var result = weight >= 0.5 ? first : second
        result.image = image
        result.boxes = first.boxes + second.boxes
        result.keypoints = first.keypoints + second.keypoints
        return result
    }
}

extension Sample {
    /// A random part in the shape of the frame, as large as there is, at the size of the frame.
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

/// A frame to put samples into.
private struct Canvas {
    var sample: Sample

    init(width: Int, height: Int, like samples: [Sample]) {
        let format: Image.Format = samples.contains { $0.image.format == .rgba } ? .rgba : .rgb
        let blank = Mask(
            width: width, height: height, values: [UInt8](repeating: Mask.ignore, count: width * height))
        sample = Sample(
            Image(width: width, height: height, format: format, fill: .letterbox),
            masks: samples[0].masks.map { _ in blank })
        sample.leastVisiblePart = samples[0].leastVisiblePart
    }

    /// All of `part` is inside.
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
    /// Without its alpha, or with an opaque one.
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
