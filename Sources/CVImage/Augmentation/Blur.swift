import CVCore

extension Image {
    /// Gaussian blur, truncated at three standard deviations: torchvision's `gaussian_blur` with a kernel of
    /// 2·⌈3·sigma⌉ + 1, within one level. The border is reflected without repeating the edge pixel.
    ///
    /// - Parameter sigma: the standard deviation in pixels, 0 to 1000.
    /// - Returns: an image of the same size and format.
    public func blurred(sigma: Double) -> Image {
        precondition(sigma >= 0 && sigma <= 1000, "a blur of \(sigma) pixels: 0 to 1000 expected")
        guard sigma > 0.01 else { return self }
        let kernel = Self.gaussian(sigma)
        var result = format == .rgba ? Resampling.premultiplied(self) : self
        result = result.blurredColumns(result.blurredRows(kernel), kernel)
        if format == .rgba { Resampling.unpremultiply(&result) }
        return result
    }

    private static func gaussian(_ sigma: Double) -> [Float] {
        let radius = Int(clamping: (3 * sigma).rounded(.up))
        let weights = (-radius...radius).map { exponential(-0.5 * (Double($0) / sigma) * (Double($0) / sigma)) }
        let sum = weights.reduce(0, +)
        return weights.map { Float($0 / sum) }
    }

    private func blurredRows(_ kernel: [Float]) -> [Float] {
        let (width, height, channels, stride) = (width, height, channels, stride)
        let columns = Self.reflected(count: width, radius: kernel.count / 2).map { $0 * channels }
        return [Float](unsafeUninitializedCapacity: height * stride) { output, count in
            let output = output.baseAddress!
            pixels.withUnsafeBufferPointer { input in
                Parallel.forRanges(height, grain: 1 + 16384 / stride) { rows in
                    for y in rows {
                        let row = input.baseAddress! + y * stride
                        for x in 0..<width {
                            for channel in 0..<channels {
                                var sum: Float = 0
                                for tap in kernel.indices {
                                    sum += kernel[tap] * Float(row[columns[x + tap] + channel])
                                }
                                output[y * stride + x * channels + channel] = sum
                            }
                        }
                    }
                }
            }
            count = height * stride
        }
    }

    private func blurredColumns(_ samples: [Float], _ kernel: [Float]) -> Image {
        let (height, stride) = (height, stride)
        let lines = Self.reflected(count: height, radius: kernel.count / 2)
        return Image.make(width: width, height: height, format: format) { output in
            samples.withUnsafeBufferPointer { samples in
                Parallel.forRanges(height, grain: 1 + 16384 / stride) { rows in
                    var sums = [Float](repeating: 0, count: stride)
                    for y in rows {
                        for index in 0..<stride { sums[index] = 0 }
                        for tap in kernel.indices {
                            let (weight, line) = (kernel[tap], lines[y + tap] * stride)
                            for index in 0..<stride { sums[index] += weight * samples[line + index] }
                        }
                        for index in 0..<stride { output[y * stride + index] = Self.rounded(sums[index]) }
                    }
                }
            }
        }
    }

    /// The indices -radius ..< count + radius, reflected into 0 ..< count without repeating the edge.
    private static func reflected(count: Int, radius: Int) -> [Int] {
        guard count > 1 else { return [Int](repeating: 0, count: 2 * radius + 1) }
        let period = 2 * (count - 1)
        return (-radius..<count + radius).map { index in
            let folded = index.magnitude % UInt(period)
            return min(Int(folded), period - Int(folded))
        }
    }
}
