import CVCore

extension Augment {
    /// A frame of fixed size somewhere in the picture, at a scale that is drawn: the pictures of a batch are alike in size,
    /// and the things in them are not (as DeepLab is trained, Chen et al. 2016, arXiv:1606.00915).
    ///
    /// Where the picture at that scale is smaller than the frame, the rest is grey, and ignored in masks.
    public struct ScaledCrop: Augmentation {
        public var width, height: Int
        /// A factor for both sides; drawn so that 1/2 is as likely as 2.
        public var scale: ClosedRange<Double>

        public init(width: Int, height: Int, scale: ClosedRange<Double> = 1...1) {
            precondition(width > 0 && height > 0, "a crop of \(width)×\(height) has no pixels")
            precondition(
                scale.lowerBound >= 0.1 && scale.upperBound <= 10, "a scale of \(scale): 0.1 to 10 expected")
            (self.width, self.height, self.scale) = (width, height, scale)
        }

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

        /// What is seen along one side.
        private struct Part {
            /// In the picture, in its pixels.
            let start, end: Float
            /// In the frame.
            let offset, length: Int

            init(of side: Int, into frame: Int, _ scale: Double, _ random: inout SplitMix64) {
                length = min(frame, max(1, Int((Double(side) * scale).rounded())))
                // The whole side, or what of it fills the frame.
                let visible = length < frame ? Double(side) : min(Double(side), Double(frame) / scale)
                // On whole pixels: at a scale of 1 nothing is blurred.
                let first = (random.unit() * (Double(side) - visible)).rounded(.down)
                (start, end) = (Float(first), min(Float(first + visible), Float(side)))
                offset = random.index(below: frame - length + 1)
            }
        }
    }
}
