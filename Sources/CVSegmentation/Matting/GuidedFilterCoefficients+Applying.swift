import CVCore
import CVImage

extension GuidedFilterCoefficients {
    /// The functions of a guided filter for the colours of a picture, as bytes: 0 for `levels.lowerBound` and less, 255 for
    /// `levels.upperBound` and more.
    ///
    /// Most of a matte is all or nothing whatever the colours are: between two values of the field of which that is so, no
    /// pixel is computed.
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
                                row[x] = UInt8(min(max(value, 0), 255) + 0.5)
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

    /// The field's values along one row of the large picture.
    private func mix(_ line: LinearInterpolationTable.Tap, into mixed: inout [SIMD4<Float>]) {
        let (first, second) = (line.first * width, line.second * width)
        for x in 0..<width { mixed[x] = values[first + x] + (values[second + x] - values[first + x]) * line.share }
    }

    /// What both functions give for every colour, if that is all or nothing.
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
