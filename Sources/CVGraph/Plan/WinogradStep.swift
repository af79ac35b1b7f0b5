import CKernels
import CVCore
import CVTensor

/// A 3×3 convolution with stride 1 by Winograd's minimal filtering F(m×m, 3×3) (Lavin & Gray 2015, arXiv:1509.09308).
///
/// Tiles of all images are numbered through and computed in chunks: transformed inputs, a product for each position of
/// the tile, transformed outputs. Where a chunk fits into the cache of a core, one thread does all three; else the
/// threads share each of them, and the transformed filters are read once for as many tiles as the scratch memory holds.
package struct WinogradStep: PlanStep {
    package let convolution: FusedConvolution
    package let x, y: Placement
    package let residual: Placement?
    package let weights: WinogradWeights
    package let isa: InstructionSet
    private let chunks: WinogradChunks
    /// Of the scratch memory in the arena, where the threads share the work.
    private let scratch: Int

    package init(
        _ convolution: FusedConvolution, _ weights: WinogradWeights, _ chunks: WinogradChunks, x: Placement,
        y: Placement, residual: Placement?, scratch: Int, isa: InstructionSet
    ) {
        (self.convolution, self.weights, self.chunks) = (convolution, weights, chunks)
        (self.x, self.y, self.residual, self.scratch, self.isa) = (x, y, residual, scratch, isa)
    }

    package func run(_ memory: RunMemory) {
        if chunks.arePrivate {
            Parallel.forEach(chunks.count) { chunk in
                withScratch(chunks.scratch) { scratch in compute(chunk, memory, scratch) { $1.forEach($0) } }
            }
        } else {
            for chunk in 0..<chunks.count {
                compute(chunk, memory, memory.arena + scratch) { body, range in
                    Parallel.forEach(range.count) { body(range.lowerBound + $0) }
                }
            }
        }
        guard y.layout.border != .none else { return }
        Parallel.forEach(x.layout.batch * weights.vectors) { index in
            memory.zeroBorder(
                y, image: index / weights.vectors, block: index % weights.vectors, rows: 0..<y.layout.rows, isa)
        }
    }

    /// The three parts of a chunk; `forEach` calls its first argument with each index of its second.
    private func compute(
        _ chunk: Int, _ memory: RunMemory, _ scratch: UnsafeMutablePointer<Float>,
        forEach: ((Int) -> Void, Range<Int>) -> Void
    ) {
        let tiles = chunks.tiles(of: chunk)
        let products = scratch + chunks.inputStride * weights.positions
        forEach({ block in transformInput(block, tiles, memory, scratch) }, 0..<x.layout.blocks)
        chunks.blockOffsets.withUnsafeBufferPointer { offsets in
            forEach(
                { position in multiply(position, tiles.count, offsets.baseAddress!, scratch, products) },
                0..<weights.positions)
        }
        forEach({ vector in transformOutput(vector, tiles, memory, products) }, 0..<weights.vectors)
    }

    private func transformInput(
        _ block: Int, _ tiles: Range<Int>, _ memory: RunMemory, _ scratch: UnsafeMutablePointer<Float>
    ) {
        let padding = (convolution.geometry.y.padding.before, convolution.geometry.x.padding.before)
        var to = scratch + block * chunks.tilesPerChunk * weights.lanes
        for (image, part) in chunks.parts(of: tiles) {
            var plane = x.layout.plane(at: memory.read(x, image: image, block: block))
            cvk_blocked_winograd_input(
                isa.cValue, weights.tile, &plane, chunks.columns, padding.0, padding.1, part.lowerBound, part.count, to,
                chunks.inputStride)
            to += part.count * weights.lanes
        }
    }

    private func multiply(
        _ position: Int, _ tiles: Int, _ offsets: UnsafePointer<Int>, _ inputs: UnsafeMutablePointer<Float>,
        _ products: UnsafeMutablePointer<Float>
    ) {
        let lanes = weights.lanes
        var conv = cvk_blocked_conv()
        conv.x = UnsafePointer(inputs + position * chunks.inputStride)
        (conv.x_step, conv.y_step, conv.columns) = (lanes, lanes, tiles)
        conv.offsets = offsets
        (conv.segments, conv.depth) = (weights.cin / lanes, lanes)
        (conv.tail_segments, conv.tail_depth) = (weights.cin % lanes > 0 ? 1 : 0, weights.cin % lanes)
        conv.y_block = chunks.tilesPerChunk * lanes
        (conv.low, conv.high) = (-.infinity, .infinity)
        weights.values.withValues { values in
            for group in 0..<weights.groups {
                conv.weights = values.baseAddress! + weights.offset(position: position, group: group)
                conv.y =
                    products + position * chunks.outputStride
                    + group * PackedConvolution.groupVectors * conv.y_block
                conv.ahead = group + 1 < weights.groups ? weights.cin * PackedConvolution.groupVectors * lanes : 0
                cvk_blocked_conv_rows(isa.cValue, &conv, weights.vectors(of: group), 0, 1)
            }
        }
    }

    private func transformOutput(
        _ vector: Int, _ tiles: Range<Int>, _ memory: RunMemory, _ products: UnsafeMutablePointer<Float>
    ) {
        let (low, high) = convolution.activation.limits
        var from = UnsafePointer(products + vector * chunks.tilesPerChunk * weights.lanes)
        weights.bias.withValues { bias in
            for (image, part) in chunks.parts(of: tiles) {
                var epilogue = cvk_blocked_epilogue(
                    bias: bias.baseAddress! + vector * weights.lanes,
                    residual: residual.map { memory.read($0, image: image, block: vector) },
                    residual_pitch: residual?.layout.pitch ?? 0, low: low, high: high)
                let to = memory.write(y, image: image, block: vector)
                cvk_blocked_winograd_output(
                    isa.cValue, weights.tile, from, chunks.outputStride, chunks.columns, part.lowerBound, part.count,
                    &epilogue, to, y.layout.rows, y.layout.columns, y.layout.pitch)
                activate(part, to)
                from += part.count * weights.lanes
            }
        }
    }

    /// The activation, where it is more than limits, on the tiles just written.
    private func activate(_ tiles: Range<Int>, _ pixels: UnsafeMutablePointer<Float>) {
        guard convolution.activation.needsPass else { return }
        let tile = weights.tile
        // Whole lines of tiles are whole rows; of the others, some tiles.
        var next = tiles.lowerBound
        while next < tiles.upperBound {
            let line = next / chunks.columns
            let end = min(tiles.upperBound, (line + 1) * chunks.columns)
            let columns = (next % chunks.columns) * tile..<min((end - line * chunks.columns) * tile, y.layout.columns)
            for row in line * tile..<min((line + 1) * tile, y.layout.rows) {
                convolution.activation.apply(
                    to: pixels + row * y.layout.pitch + columns.lowerBound * weights.lanes,
                    count: columns.count * weights.lanes, isa)
            }
            next = end
        }
    }

    package var description: PlanStepDescription {
        let work = 18.0 * Double(y.layout.batch * y.layout.pixels) * Double(x.layout.channels * convolution.cout)
        return PlanStepDescription(
            operation: convolution.name,
            algorithm: "winograd \(weights.tile)×\(weights.tile), \(chunks.tilesPerChunk) tiles",
            layout: "blocked \(weights.lanes)", shape: y.layout.shape, operations: work,
            floats: Double(x.layout.count + y.layout.count + weights.values.shape.count), key: convolution.key)
    }
}

/// How the tiles of a convolution are divided.
package struct WinogradChunks: Sendable {
    /// Tiles of a row and of an image; tiles of all images.
    package let columns, perImage, total: Int
    package let tilesPerChunk: Int
    /// Whether one thread computes a chunk.
    package let arePrivate: Bool
    /// Floats from one position of the transformed tiles to the next.
    package let inputStride, outputStride: Int
    /// Floats from the first input block of a position to each.
    package let blockOffsets: [Int]
    /// Floats of scratch memory.
    package let scratch: Int

    package var count: Int { (total + tilesPerChunk - 1) / tilesPerChunk }

    /// Floats of transformed tiles that fit into the cache of a core beside some filters, and into one that all share.
    private static let privateFloats = secondLevelCacheBytes * 3 / 4 / MemoryLayout<Float>.stride
    private static let sharedFloats = 3 << 20

    /// - Parameters:
    ///   - tile: outputs of a tile in each direction.
    ///   - output: the layout of the result.
    ///   - blocks: of input channels.
    package init(tile: Int, output: FeatureLayout, inputBlocks blocks: Int) {
        let positions = (tile + 2) * (tile + 2)
        columns = (output.columns + tile - 1) / tile
        perImage = columns * ((output.rows + tile - 1) / tile)
        total = perImage * output.batch
        let perTile = positions * (blocks + output.blocks) * output.lanes
        let fitting = Self.privateFloats / perTile
        arePrivate = fitting >= 12 && total >= 24
        // Multiples of the width of a tile of products.
        let wanted = arePrivate ? min(fitting, (total + 3) / 4) / 12 * 12 : max(12, Self.sharedFloats / perTile)
        var parts = (total + max(12, wanted) - 1) / max(12, wanted)
        // Threads claim one after the other: an odd number would leave one of two without work.
        if arePrivate { parts += parts % 2 }
        tilesPerChunk = (total + parts - 1) / parts
        // An odd number of cache lines: positions a multiple of 4 KiB apart would share a few lines of the cache.
        func odd(_ floats: Int) -> Int { ((floats + 15) / 16 | 1) * 16 }
        inputStride = odd(blocks * tilesPerChunk * output.lanes)
        outputStride = odd(output.blocks * tilesPerChunk * output.lanes)
        scratch = positions * (inputStride + outputStride)
        let step = tilesPerChunk * output.lanes
        blockOffsets = (0..<blocks).map { $0 * step }
    }

    package func tiles(of chunk: Int) -> Range<Int> { chunk * tilesPerChunk..<min((chunk + 1) * tilesPerChunk, total) }

    /// The images of some tiles, each with its own tiles among them.
    package func parts(of tiles: Range<Int>) -> [(image: Int, tiles: Range<Int>)] {
        guard !tiles.isEmpty else { return [] }
        return (tiles.lowerBound / perImage...(tiles.upperBound - 1) / perImage).map { image in
            let start = image * perImage
            return (image, max(tiles.lowerBound, start) - start..<min(tiles.upperBound, start + perImage) - start)
        }
    }
}
