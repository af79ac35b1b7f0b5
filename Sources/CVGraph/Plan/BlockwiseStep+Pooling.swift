import CKernels
import CVCore
import CVTensor

extension BlockwiseStep {
    /// The largest value under each window.
    package static func maxPool(
        _ geometry: ConvGeometry, x: Placement, y: Placement, isa: InstructionSet
    ) -> BlockwiseStep {
        let (vertical, horizontal) = (geometry.y, geometry.x)
        let name =
            "maxPool \(vertical.kernel)×\(horizontal.kernel)"
            + (vertical.stride > 1 ? "/\(vertical.stride)" : "")
        return BlockwiseStep(
            name, y: y, work: Double(y.layout.count * vertical.kernel * horizontal.kernel),
            floats: x.layout.count + y.layout.count, isa: isa
        ) { memory, image, block, rows in
            var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
            cvk_blocked_max_pool(
                isa.cValue, &plane, vertical.kernel, horizontal.kernel, vertical.stride, horizontal.stride,
                vertical.padding.before, horizontal.padding.before, rows.lowerBound, rows.upperBound,
                memory.write(y, image: image, block: block) + rows.lowerBound * y.layout.pitch, y.layout.pitch,
                y.layout.columns)
        }
    }

    /// Means over windows or bins.
    package static func averagePool(
        _ name: String, rows vertical: PoolingBins, columns horizontal: PoolingBins, x: Placement, y: Placement,
        isa: InstructionSet
    ) -> BlockwiseStep {
        BlockwiseStep(
            name, y: y, work: Double(x.layout.count), floats: x.layout.count + y.layout.count, isa: isa
        ) { memory, image, block, rows in
            var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
            let to = memory.write(y, image: image, block: block) + rows.lowerBound * y.layout.pitch
            cvk_blocked_average_pool(
                isa.cValue, &plane, vertical.bounds, vertical.divisors, horizontal.bounds, horizontal.divisors,
                rows.lowerBound, rows.upperBound, to, y.layout.pitch, y.layout.columns)
        }
    }

    /// The mean of each channel.
    package static func mean(x: Placement, y: Placement, isa: InstructionSet) -> BlockwiseStep {
        BlockwiseStep(
            "mean", y: y, work: Double(x.layout.count), floats: x.layout.count + y.layout.count, isa: isa
        ) { memory, image, block, _ in
            var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
            cvk_blocked_mean(isa.cValue, &plane, memory.write(y, image: image, block: block))
        }
    }

    /// Pixels copied from elsewhere: nearest-neighbor sampling, or every n-th pixel.
    package static func nearest(
        _ name: String, rows sources: [Int32], columns: [Int32], x: Placement, y: Placement, isa: InstructionSet
    ) -> BlockwiseStep {
        BlockwiseStep(name, y: y, work: 0, floats: x.layout.count + y.layout.count, isa: isa) {
            memory, image, block, rows in
            var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
            cvk_blocked_resize_nearest(
                isa.cValue, &plane, y.layout.columns, rows.lowerBound, rows.upperBound, sources, columns,
                memory.write(y, image: image, block: block) + rows.lowerBound * y.layout.pitch, y.layout.pitch)
        }
    }

    /// Linear interpolation between rows and between columns.
    package static func bilinear(
        rows vertical: LinearMixture, columns horizontal: LinearMixture, x: Placement, y: Placement,
        isa: InstructionSet
    ) -> BlockwiseStep {
        BlockwiseStep(
            "upsampleBilinear", y: y, work: 6 * Double(y.layout.count), floats: x.layout.count + y.layout.count,
            isa: isa
        ) { memory, image, block, rows in
            var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
            cvk_blocked_resize_bilinear(
                isa.cValue, &plane, rows.lowerBound, rows.upperBound, y.layout.columns, vertical.sources,
                vertical.weights, horizontal.sources, horizontal.weights,
                memory.write(y, image: image, block: block) + rows.lowerBound * y.layout.pitch, y.layout.pitch)
        }
    }
}

/// Along one axis: the pixels that each output is the mean of, and the number that their sum is divided by.
package struct PoolingBins: Sendable {
    /// First pixel and the one after the last, for each output.
    package let bounds: [Int32]
    package let divisors: [Float]

    /// Windows of a pooling with padding.
    package init(_ axis: ConvGeometry.Axis, size: Int, count: Int, countsPadding: Bool) {
        var (bounds, divisors): ([Int32], [Float]) = ([], [])
        for index in 0..<count {
            let start = index * axis.stride - axis.padding.before
            // What is past the padding, where the last window fits only partly, never counts.
            let end = min(start + axis.kernel, size + axis.padding.after)
            let inside = max(start, 0)..<max(max(start, 0), min(end, size))
            bounds += [Int32(inside.lowerBound), Int32(inside.upperBound)]
            divisors.append(Float(countsPadding ? end - start : inside.count))
        }
        (self.bounds, self.divisors) = (bounds, divisors)
    }

    /// Bins that cover an axis of any size.
    package init(adaptive count: Int, of size: Int) {
        let bins = (0..<count).map { $0 * size / count..<(($0 + 1) * size + count - 1) / count }
        bounds = bins.flatMap { [Int32($0.lowerBound), Int32($0.upperBound)] }
        divisors = bins.map { Float($0.count) }
    }
}

/// Along one axis: the two pixels that each output is mixed of, and their shares, as `upsampleBilinear`.
package struct LinearMixture: Sendable {
    package let sources: [Int32]
    package let weights: [Float]

    package init(_ size: Int, to count: Int, alignCorners: Bool) {
        let aligned = count > 1 ? Float(size - 1) / Float(count - 1) : 0
        let scale = alignCorners ? aligned : Float(size) / Float(count)
        var (sources, weights): ([Int32], [Float]) = ([], [])
        for index in 0..<count {
            let position = alignCorners ? scale * Float(index) : max(scale * (Float(index) + 0.5) - 0.5, 0)
            let first = min(Int(clamping: position), size - 1)
            sources += [Int32(first), Int32(min(first + 1, size - 1))]
            weights += [1 - (position - Float(first)), position - Float(first)]
        }
        (self.sources, self.weights) = (sources, weights)
    }
}
