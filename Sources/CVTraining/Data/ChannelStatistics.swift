import CVCore
import CVTask
import CVWeights
import Synchronization

extension DecodedImages {
    /// `preprocessing` with the mean and the standard deviation of each channel over some of the images, for an input
    /// of mean 0 and deviation 1.
    ///
    /// From counts of the 256 levels, which are whole numbers: the same at any number of threads. The deviation is
    /// that of the population, as `numpy.std`; for a channel that never changes, 1.
    ///
    /// - Parameter indices: of `items`, at least one: those to train on, and no others.
    /// - Returns: this preprocessing, with the mean and deviation.
    /// - Throws: `FileError` or `ImageError` if images are not in memory and a file has changed since.
    public func normalization(over indices: [Int]) throws -> Preprocessing {
        precondition(!indices.isEmpty, "the mean over no images")
        let levels = try levelCounts(over: indices)
        var result = preprocessing
        for channel in 0..<preprocessing.channels.count {
            let source = preprocessing.channels.source(of: channel)
            let (mean, deviation) = Self.moments(levels[source * 256..<(source + 1) * 256])
            result.mean[channel] = Float(mean)
            result.std[channel] = deviation > 0 ? Float(deviation) : 1
        }
        return result
    }

    /// [channels, 256], in the order RGB, or gray.
    private func levelCounts(over indices: [Int]) throws -> [Int] {
        let channels = preprocessing.channels.count
        let shared = Mutex((levels: [Int](repeating: 0, count: 256 * channels), error: (any Error)?.none))
        Parallel.forRanges(indices.count, grain: 64) { range in
            var levels = [Int](repeating: 0, count: 256 * channels)
            var failure: (any Error)?
            do {
                for index in range {
                    try withPixels(of: indices[index]) { pixels in
                        for (position, level) in pixels.enumerated() {
                            levels[position % channels * 256 + Int(level)] += 1
                        }
                    }
                }
            } catch { failure = error }
            shared.withLock { shared in
                for level in levels.indices { shared.levels[level] += levels[level] }
                if shared.error == nil { shared.error = failure }
            }
        }
        let (levels, error) = shared.withLock { $0 }
        if let error { throw error }
        return levels
    }

    private static func moments(_ levels: ArraySlice<Int>) -> (mean: Double, deviation: Double) {
        let counts = levels.map(Double.init)
        let all = counts.reduce(0, +)
        let mean = counts.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element } / all
        let variance = counts.enumerated().reduce(0) { sum, level in
            sum + (Double(level.offset) - mean) * (Double(level.offset) - mean) * level.element
        }
        return (mean, (variance / all).squareRoot())
    }
}
