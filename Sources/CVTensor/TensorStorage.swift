import CVCore
import Synchronization

/// The memory of a tensor: written once, while it is made, and only read after that.
final class TensorStorage: @unchecked Sendable {
    /// Nil only for `none`.
    private let block: BufferPool.Block?

    /// That of all tensors that are shape-only. Nobody is the only one to hold it, so nobody writes it.
    static let none = TensorStorage()

    var isNone: Bool { block == nil }

    var pointer: UnsafeMutablePointer<Float> {
        guard let block else { preconditionFailure("a tensor that is shape-only has no values") }
        return block.pointer
    }

    /// Memory with whatever was in it. The caller fills it before anyone else sees it.
    init(count: Int) { block = BufferPool.allocate(count) }

    private init() { block = nil }

    deinit {
        if let block { BufferPool.release(block) }
    }
}

/// Calls `body` with memory for `count` floats, of whatever values.
func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let block = BufferPool.allocate(count)
    defer { BufferPool.release(block) }
    body(block.pointer)
}

/// Blocks that tensors gave back, kept for the next ones.
///
/// A network asks for the same sizes with every picture. Blocks of megabytes that are returned to the system come
/// back as pages that it must clear first, which takes longer than many an operation. What is kept and what is in use
/// are together hardly more than the most that was asked for at a time and a quarter, or a half if that is little.
enum BufferPool {
    struct Block {
        let pointer: UnsafeMutablePointer<Float>
        /// Elements that were asked for, and that it holds: as many or more.
        let count, capacity: Int
    }

    /// Blocks of one size.
    private struct CachedBlocks {
        var pointers: [UnsafeMutablePointer<Float>] = []
        /// When one of them was last taken or given back, as a count of such calls.
        var lastUse = 0
    }

    private struct Blocks {
        var bySize: [Int: CachedBlocks] = [:]
        var calls = 0
        /// Elements of blocks that are kept, and of those that are in use.
        var cached = 0
        var used = 0
        /// Elements that were asked for, now and at most.
        var requested = 0
        var peakRequested = 0

        /// A kept block of this size; else, where another one would be too many, the smallest that is larger: mostly it is
        /// back before its own size is wanted again. Not one that is much larger, of which a tensor that is kept for
        /// long would take too much.
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

        /// As many blocks as are too many: those first whose size has not been used for the longest time. A step of
        /// training uses the same sizes as the one before.
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

    /// Elements that may always be kept beside what is needed, up to a half of it: sizes change from layer to layer, and
    /// with less a step of training asks for hundreds of megabytes anew.
    private static let headroom = 32 << 20

    /// Smaller blocks are the allocator's business: it is quick with them.
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
        for pointer in surplus { UnsafeMutableRawPointer(pointer).deallocate() }
        return block ?? newBlock(count)
    }

    private static func newBlock(_ count: Int) -> Block {
        // A little more: kernels read whole vectors, past the end of a row.
        let bytes = (count + 48) * MemoryLayout<Float>.stride
        let isLarge = bytes >= 2 * HugePages.size
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? HugePages.size : 64)
        HugePages.advise(pointer, bytes: bytes)
        return Block(pointer: pointer.bindMemory(to: Float.self, capacity: count), count: count, capacity: count)
    }

    static func release(_ block: Block) {
        guard block.capacity >= smallest else {
            UnsafeMutableRawPointer(block.pointer).deallocate()
            return
        }
        lock.withLock { _ in blocks.release(block) }
    }

    /// Returns everything that is kept to the system.
    static func empty() {
        let all = lock.withLock { _ in
            defer {
                blocks.bySize = [:]
                blocks.cached = 0
                blocks.peakRequested = blocks.requested
            }
            return blocks.bySize.values.flatMap(\.pointers)
        }
        for pointer in all { UnsafeMutableRawPointer(pointer).deallocate() }
    }
}
