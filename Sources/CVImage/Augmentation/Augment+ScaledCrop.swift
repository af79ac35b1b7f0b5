import CVCore

extension Augment {
    /// A crop of fixed size at a random scale and position: all images of a batch have the same size, but objects vary
    /// in scale (as DeepLab is trained, Chen et al. 2016, arXiv:1606.00915).
    ///
    /// Where the scaled image is smaller than the crop, the rest is gray, and ignored in masks.
    public struct ScaledCrop: Augmentation {
        /// The size of the crop, in pixels.
        public var width, height: Int
        /// The scale factor of both sides; drawn uniformly in the logarithm.
        public var scale: ClosedRange<Double>

        /// A scaled crop.
        ///
        /// - Parameters:
        ///   - width: of the crop, in pixels.
        ///   - height: of the crop, in pixels.
        ///   - scale: the range of the scale factor, 0.1 to 10.
        public init(width: Int, height: Int, scale: ClosedRange<Double> = 1...1) {
            precondition(width > 0 && height > 0, "a crop of \(width)×\(height) has no pixels")
            precondition(
                scale.lowerBound >= 0.1 && scale.upperBound <= 10, "a scale of \(scale): 0.1 to 10 expected")
            (self.width, self.height, self.scale) = (width, height, scale)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let logScale = logarithm(scale.lowerBound)...logarithm(scale.upperBound)
            let scale = exponential(random.value(in: logScale))
            let x = Part(of: sample.image.width, into: width, scale, &random)
            let y = Part(of: sample.image.height, into: height, scale, &random)
            let region = Box(minX: x.start, minY: y.start, maxX: x.end, maxY: y.end)
            let part = sample.resized(width: x.length, height: y.length, region: region)
            if x.length == width, y.length == height { return part }
            var frame = Image(width: width, height: height, format: sample.image.format, fill: Self.gray)
            frame.paste(part.image, x: x.offset, y: y.offset)
            return part.moved(
                to: frame, by: InvertibleMap(.translation(x: Double(x.offset), y: Double(y.offset))))
        }

        private static let gray = Color(127, 127, 127)

        /// The visible range along one axis.
        private struct Part {
            /// In pixels of the image.
            let start, end: Float
            /// In pixels of the crop.
            let offset, length: Int

            init(of side: Int, into frame: Int, _ scale: Double, _ random: inout SplitMix64) {
                length = min(frame, max(1, Int(clamping: (Double(side) * scale).rounded())))
                // The whole side, or the part that fills the crop.
                let visible = length < frame ? Double(side) : min(Double(side), Double(frame) / scale)
                // Aligned to whole pixels: a scale of 1 does not blur.
                let first = (random.unit() * (Double(side) - visible)).rounded(.down)
                (start, end) = (Float(first), min(Float(first + visible), Float(side)))
                offset = random.index(below: frame - length + 1)
            }
        }
    }
}
