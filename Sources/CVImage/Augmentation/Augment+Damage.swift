import CVCore

/// Augmentations that take something away from the picture.
extension Augment {
    /// Out of focus: see `Image.blurred`.
    public struct Blur: Augmentation {
        /// Of the Gaussian, in pixels.
        public var sigma: ClosedRange<Double>

        public init(sigma: ClosedRange<Double> = 0.5...2) {
            precondition(
                sigma.lowerBound >= 0 && sigma.upperBound <= 1000, "a blur of \(sigma) pixels: 0 to 1000 expected")
            self.sigma = sigma
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let sigma = random.value(in: sigma)
            return sample.recolored { $0.blurred(sigma: sigma) }
        }
    }

    /// Normally distributed noise, its own for each sample of each channel.
    public struct Noise: Augmentation {
        /// Standard deviation in levels of 255.
        public var deviation: ClosedRange<Double>

        public init(deviation: ClosedRange<Double> = 4...16) {
            precondition(
                deviation.lowerBound >= 0 && deviation.upperBound <= 1000,
                "noise of \(deviation) levels: 0 to 1000 expected")
            self.deviation = deviation
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let deviation = random.value(in: deviation)
            let seed = random.next()
            return sample.recolored { Self.added(to: $0, deviation, seed: seed) }
        }

        /// Each row has its own stream of numbers: no matter which thread works on it.
        private static func added(to image: Image, _ deviation: Double, seed: UInt64) -> Image {
            var result = image
            let (stride, channels, height) = (image.stride, image.channels, image.height)
            result.pixels.withUnsafeMutableBufferPointer { buffer in
                let base = buffer.baseAddress!
                Parallel.forRanges(height, grain: 1 + 4096 / stride) { rows in
                    for y in rows {
                        var random = SplitMix64(seed: seed, stream: y)
                        let row = base + y * stride
                        for pixel in Swift.stride(from: 0, to: stride, by: channels) {
                            for index in pixel..<pixel + 3 {
                                row[index] = Image.rounded(Float(Double(row[index]) + deviation * random.normal()))
                            }
                        }
                    }
                }
            }
            return result
        }
    }

    /// Squares of one colour laid over the picture, anywhere, also in part beside it (DeVries and Taylor 2017,
    /// arXiv:1708.04552). Boxes and masks stay, for the object is still there; keypoints below are no longer visible.
    public struct Cutout: Augmentation {
        /// Side of a square as a part of the picture's shorter side.
        public var side: ClosedRange<Double>
        public var count: Int
        /// The paper's is the mean of the data set, 0 after normalisation: by default that of ImageNet.
        public var color: Color

        public init(side: ClosedRange<Double> = 0.2...0.5, count: Int = 1, color: Color = Color(124, 116, 104)) {
            precondition(side.lowerBound >= 0 && side.upperBound.isFinite, "a side of \(side): 0 or more expected")
            precondition((0...10000).contains(count), "\(count) squares: 0 to 10000 expected")
            (self.side, self.count, self.color) = (side, count, color)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            var result = sample
            let (width, height) = (Double(sample.image.width), Double(sample.image.height))
            for _ in 0..<count {
                let half = (random.value(in: side) * min(width, height) / 2).rounded()
                let x = Double(random.index(below: sample.image.width))
                let y = Double(random.index(below: sample.image.height))
                let hole = Box(
                    minX: Float(x - half), minY: Float(y - half), maxX: Float(x + half), maxY: Float(y + half))
                result.image.fill(hole, color: color)
                result.hideKeypoints(in: hole)
            }
            return result
        }
    }
}

extension Sample {
    fileprivate mutating func hideKeypoints(in hole: Box) {
        for group in keypoints.indices {
            for index in keypoints[group].indices {
                let position = keypoints[group][index].position
                if position.x >= hole.minX && position.x < hole.maxX && position.y >= hole.minY
                    && position.y < hole.maxY
                {
                    keypoints[group][index].isVisible = false
                }
            }
        }
    }
}
