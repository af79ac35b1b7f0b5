import CVCore
import CVImage

extension GuidedFilterCoefficients {
    /// Applies the functions to the colors of an image.
    ///
    /// Most of a matte is 0 or 255 for every possible color. Runs of such pixels are filled without evaluating them.
    ///
    /// - Parameters:
    ///   - image: of any size; the coefficients are interpolated bilinearly.
    ///   - levels: the values that become 0 and 255; those outside are clamped.
    /// - Returns: a mask of the size of the image.
    package func applied(to image: Image, levels: ClosedRange<Float>) -> Mask {
        let (width, height, channels) = (image.width, image.height, image.channels)
        let columns = LinearInterpolationTable(self.width, in: width)
        let lines = LinearInterpolationTable(self.height, in: height).taps
        let runs = columns.runs
        let scale = 255 / (levels.upperBound - levels.lowerBound)
        let alpha = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, count in
            let target = buffer.baseAddress!
            image.pixels.withUnsafeBufferPointer { pixels in
                Parallel.forRanges(height, grain: 1 + 16384 / width) { range in
                    var mixed = [SIMD4<Float>](repeating: .zero, count: self.width)
                    for y in range {
                        mix(lines[y], into: &mixed)
                        let row = target + y * width
                        for run in runs {
                            let (first, second) = (mixed[run.first], mixed[run.second])
                            if let level = Self.certain(first, second, levels) {
                                (row + run.columns.lowerBound).update(repeating: level, count: run.columns.count)
                                continue
                            }
                            var pixel = pixels.baseAddress! + y * image.stride + run.columns.lowerBound * channels
                            for x in run.columns {
                                let color = SIMD4(Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 255) * (1 / 255)
                                let function = first + (second - first) * columns.taps[x].share
                                let value = ((color * function).sum() - levels.lowerBound) * scale
                                row[x] = UInt8(clamping: min(max(value, 0), 255) + 0.5)
                                pixel += channels
                            }
                        }
                    }
                }
            }
            count = width * height
        }
        return Mask(width: width, height: height, values: alpha)
    }

    /// Interpolates the coefficients vertically for one row of the image.
    private func mix(_ line: LinearInterpolationTable.Tap, into mixed: inout [SIMD4<Float>]) {
        let (first, second) = (line.first * width, line.second * width)
        for x in 0..<width { mixed[x] = values[first + x] + (values[second + x] - values[first + x]) * line.share }
    }

    /// 0 or 255 if both functions give this for every color, otherwise nil.
    private static func certain(
        _ first: SIMD4<Float>, _ second: SIMD4<Float>, _ levels: ClosedRange<Float>
    ) -> UInt8? {
        func least(_ function: SIMD4<Float>) -> Float {
            function.w + min(function.x, 0) + min(function.y, 0) + min(function.z, 0)
        }
        func most(_ function: SIMD4<Float>) -> Float {
            function.w + max(function.x, 0) + max(function.y, 0) + max(function.z, 0)
        }
        if min(least(first), least(second)) >= levels.upperBound { return 255 }
        return max(most(first), most(second)) <= levels.lowerBound ? 0 : nil
    }
}
