import CVCore

/// Augmentations that remove information from the image.
extension Augment {
    /// Gaussian blur: see ``Image/blurred(sigma:)``. Like torchvision's `GaussianBlur`.
    public struct Blur: Augmentation {
        /// The standard deviation of the Gaussian, in pixels.
        public var sigma: ClosedRange<Double>

        /// A blur.
        ///
        /// - Parameter sigma: the range of the standard deviation in pixels, 0 to 1000.
        public init(sigma: ClosedRange<Double> = 0.5...2) {
            precondition(
                sigma.lowerBound >= 0 && sigma.upperBound <= 1000, "a blur of \(sigma) pixels: 0 to 1000 expected")
            self.sigma = sigma
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let sigma = random.value(in: sigma)
            return sample.recolored { $0.blurred(sigma: sigma) }
        }
    }

    /// Additive Gaussian noise, independent for each sample of each channel.
    public struct Noise: Augmentation {
        /// Standard deviation in levels of 255.
        public var deviation: ClosedRange<Double>

        /// Gaussian noise.
        ///
        /// - Parameter deviation: the range of the standard deviation in levels of 255, 0 to 1000.
        public init(deviation: ClosedRange<Double> = 4...16) {
            precondition(
                deviation.lowerBound >= 0 && deviation.upperBound <= 1000,
                "noise of \(deviation) levels: 0 to 1000 expected")
            self.deviation = deviation
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let deviation = random.value(in: deviation)
            let seed = random.next()
            return sample.recolored { Self.added(to: $0, deviation, seed: seed) }
        }

        /// Each row has its own random stream: the result does not depend on the threads.
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

    /// Fills squares with one color, anywhere, also partly outside (DeVries and Taylor 2017, arXiv:1708.04552). Boxes
    /// and masks are unchanged, as the object is still there; covered keypoints become invisible. Like torchvision's
    /// `RandomErasing`.
    public struct Cutout: Augmentation {
        /// The side of a square relative to the shorter side of the image.
        public var side: ClosedRange<Double>
        /// The number of squares.
        public var count: Int
        /// The color; the paper uses the mean of the data set, 0 after normalization. The default is the mean of
        /// ImageNet.
        public var color: Color

        /// A cutout.
        ///
        /// - Parameters:
        ///   - side: the range of the side relative to the shorter side of the image.
        ///   - count: the number of squares, 0 to 10000.
        ///   - color: the color of the squares.
        public init(side: ClosedRange<Double> = 0.2...0.5, count: Int = 1, color: Color = Color(124, 116, 104)) {
            precondition(side.lowerBound >= 0 && side.upperBound.isFinite, "a side of \(side): 0 or more expected")
            precondition((0...10000).contains(count), "\(count) squares: 0 to 10000 expected")
            (self.side, self.count, self.color) = (side, count, color)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
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
