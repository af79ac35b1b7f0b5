/// Where the buffers of a plan lie in one arena: two that are needed at the same time do not overlap.
///
/// Greedy by size, as in Pisarchyk & Lee 2020 (arXiv:2001.03288): large buffers first, each at the lowest place that is
/// free for as long as it lives.
package struct MemoryPlan: Sendable {
    /// A buffer: floats, and the steps from the one that writes it to the last that reads it.
    package struct Buffer: Sendable {
        package let count: Int
        package let steps: ClosedRange<Int>

        package init(count: Int, steps: ClosedRange<Int>) { (self.count, self.steps) = (count, steps) }
    }

    /// Floats before each buffer.
    package let offsets: [Int]
    /// Floats of the arena.
    package let count: Int

    /// Kernels may read some floats past the end of a buffer, and load whole cache lines.
    private static let alignment = 16, slack = 64

    package init(_ buffers: [Buffer]) {
        var offsets = [Int](repeating: 0, count: buffers.count)
        var placed: [Int] = []
        var total = 0
        for index in buffers.indices.sorted(by: { buffers[$0].count > buffers[$1].count }) {
            let buffer = buffers[index]
            let size = Self.rounded(buffer.count)
            let neighbors = placed.filter { buffers[$0].steps.overlaps(buffer.steps) }
                .sorted { offsets[$0] < offsets[$1] }
            var start = 0
            for other in neighbors {
                if start + size <= offsets[other] { break }
                start = max(start, offsets[other] + Self.rounded(buffers[other].count))
            }
            offsets[index] = start
            placed.append(index)
            total = max(total, start + size)
        }
        (self.offsets, count) = (offsets, total)
    }

    private static func rounded(_ count: Int) -> Int {
        (count + slack + alignment - 1) / alignment * alignment
    }
}
