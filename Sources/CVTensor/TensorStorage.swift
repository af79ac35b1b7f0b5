import CVCore
import Synchronization

/// The memory of a tensor: written once, when the tensor is created, and only read after that.
final class TensorStorage: @unchecked Sendable {
    /// Nil only for `none`.
    private let block: BufferPool.Block?

    /// The storage of all shape-only tensors. It is never uniquely referenced, so never written.
    static let none = TensorStorage()

    var isNone: Bool { block == nil }

    var pointer: UnsafeMutablePointer<Float> {
        guard let block else { preconditionFailure("a tensor that is shape-only has no values") }
        return block.pointer
    }

    /// Uninitialized memory. The caller fills it before it is shared.
    init(count: Int) { block = BufferPool.allocate(count) }

    private init() { block = nil }

    deinit {
        if let block { BufferPool.release(block) }
    }
}

/// Calls `body` with uninitialized memory for `count` floats.
package func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let block = BufferPool.allocate(count)
    defer { BufferPool.release(block) }
    body(block.pointer)
}

/// What happens where memory runs out in the middle of a computation: an operation of tensors has no error to throw.
///
/// The last resort: what depends on a size from outside asks `requireMemory` before.
package enum TensorMemory {
    /// Ends the process; a command says in its own way what was missing.
    nonisolated(unsafe) package static var isExhausted: (_ bytes: Int) -> Never = { bytes in
        fatalError("there is no memory for a tensor of \(readableBytes(bytes))")
    }
}

/// A caching allocator: blocks that tensors release are kept for future tensors.
///
/// A network requests the same sizes for every image. Large blocks that are returned to the system come back as pages
/// that it must clear first, which takes longer than many operations. Cached and used memory together are limited to
/// the peak of what was requested at a time plus a quarter, or plus up to a half while that is less than `headroom`.
enum BufferPool {
    struct Block {
        let pointer: UnsafeMutablePointer<Float>
        /// Elements that were requested, and that it holds: as many or more.
        let count, capacity: Int
    }

    /// Blocks of one size.
    private struct CachedBlocks {
        var pointers: [UnsafeMutablePointer<Float>] = []
        /// When one of them was last allocated or released, as a count of such calls.
        var lastUse = 0
    }

    private struct Blocks {
        var bySize: [Int: CachedBlocks] = [:]
        var calls = 0
        /// Elements of cached blocks, and of those in use.
        var cached = 0
        var used = 0
        /// Elements that are requested, now and at the peak.
        var requested = 0
        var peakRequested = 0

        /// A cached block of this size; else, if a new one would exceed the limit, the smallest larger one: usually it
        /// is released before its own size is requested again. Blocks more than four times as large are not used: a
        /// long-lived tensor would waste too much of them.
        mutating func allocate(_ count: Int) -> Block? {
            if let pointer = remove(count) { return Block(pointer: pointer, count: count, capacity: count) }
            guard cached + used + count > most else { return nil }
            let larger = bySize.keys.lazy.filter { $0 > count && $0 <= 4 * count }
            guard let size = larger.min(), let pointer = remove(size) else { return nil }
            return Block(pointer: pointer, count: count, capacity: size)
        }

        private mutating func remove(_ size: Int) -> UnsafeMutablePointer<Float>? {
            guard let index = bySize.index(forKey: size) else { return nil }
            let pointer = bySize.values[index].pointers.removeLast()
            bySize.values[index].lastUse = calls
            if bySize.values[index].pointers.isEmpty { bySize.remove(at: index) }
            cached -= size
            return pointer
        }

        mutating func use(_ count: Int, of capacity: Int) {
            used += capacity
            requested += count
            calls += 1
            peakRequested = max(peakRequested, requested)
        }

        mutating func release(_ block: Block) {
            used -= block.capacity
            requested -= block.count
            cached += block.capacity
            calls += 1
            bySize[block.capacity, default: CachedBlocks()].pointers.append(block.pointer)
            bySize[block.capacity]!.lastUse = calls
        }

        private var most: Int { peakRequested + max(peakRequested / 4, min(peakRequested / 2, BufferPool.headroom)) }

        /// Removes the blocks beyond the limit, least recently used sizes first: a training step uses the same sizes as
        /// the one before.
        mutating func surplus() -> [UnsafeMutablePointer<Float>] {
            guard cached + used > most else { return [] }
            var surplus: [UnsafeMutablePointer<Float>] = []
            for size in bySize.sorted(by: { $0.value.lastUse < $1.value.lastUse }).map(\.key) {
                while cached + used > most, let pointer = remove(size) { surplus.append(pointer) }
            }
            return surplus
        }
    }

    nonisolated(unsafe) private static var blocks = Blocks()
    private static let lock = Mutex(())

    /// Elements that may always be cached beyond the peak, up to a half of it: sizes change from layer to layer, and
    /// with less a training step allocates hundreds of megabytes anew.
    private static let headroom = 32 << 20

    /// Smaller blocks are left to the system allocator, which is fast with them.
    private static let smallest = 1 << 14

    static func allocate(_ count: Int) -> Block {
        guard count >= smallest else { return newBlock(count) }
        var surplus: [UnsafeMutablePointer<Float>] = []
        let block: Block? = lock.withLock { _ in
            let block = blocks.allocate(count)
            blocks.use(count, of: block?.capacity ?? count)
            if block == nil { surplus = blocks.surplus() }
            return block
        }
        for pointer in surplus { free(pointer) }
        return block ?? newBlock(count)
    }

    private static func newBlock(_ count: Int) -> Block {
        // Slightly more: kernels read whole vectors, past the end of a row.
        let bytes = (count + 48) * MemoryLayout<Float>.stride
        let alignment = bytes >= 2 * HugePages.size ? HugePages.size : 64
        var allocated: UnsafeMutableRawPointer?
        if posix_memalign(&allocated, alignment, bytes) != 0 {
            empty()
            if posix_memalign(&allocated, alignment, bytes) != 0 { allocated = nil }
        }
        guard let pointer = allocated else { TensorMemory.isExhausted(bytes) }
        HugePages.advise(pointer, bytes: bytes)
        return Block(pointer: pointer.bindMemory(to: Float.self, capacity: count), count: count, capacity: count)
    }

    static func release(_ block: Block) {
        guard block.capacity >= smallest else {
            free(block.pointer)
            return
        }
        lock.withLock { _ in blocks.release(block) }
    }

    /// Returns all cached blocks to the system.
    static func empty() {
        let all = lock.withLock { _ in
            defer {
                blocks.bySize = [:]
                blocks.cached = 0
                blocks.peakRequested = blocks.requested
            }
            return blocks.bySize.values.flatMap(\.pointers)
        }
        for pointer in all { free(pointer) }
    }
}
