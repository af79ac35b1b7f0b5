import CVCore
import Synchronization

/// The memory of a tensor: written once, while it is made, and only read after that.
final class TensorStorage: @unchecked Sendable {
    private let block: MemoryReserve.Block
    let count: Int

    var pointer: UnsafeMutablePointer<Float> { block.pointer }

    /// Memory with whatever was in it. The caller fills it before anyone else sees it.
    init(count: Int) {
        self.count = count
        block = MemoryReserve.take(count)
    }

    deinit { MemoryReserve.give(block) }
}

/// Calls `body` with memory for `count` floats, of whatever values.
func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let block = MemoryReserve.take(count)
    defer { MemoryReserve.give(block) }
    body(block.pointer)
}

/// Blocks that tensors gave back, kept for the next ones.
///
/// A network asks for the same sizes with every picture. Blocks of megabytes that are returned to the system come
/// back as pages that it must clear first, which takes longer than many an operation. What is kept and what is in use
/// are together at most a quarter more than the most that was in use at a time.
enum MemoryReserve {
    struct Block {
        let pointer: UnsafeMutablePointer<Float>
        /// Elements that it holds, as many as were asked for or more.
        let capacity: Int
    }

    private struct Blocks {
        var bySize: [Int: [UnsafeMutablePointer<Float>]] = [:]
        /// Elements, of blocks that are kept, that are in use, and the most that were in use.
        var kept = 0
        var used = 0
        var mostUsed = 0

        /// A kept block of this size; else, where another one would be too many, the smallest that is not much larger.
        mutating func take(_ count: Int) -> Block? {
            if let block = remove(count) { return block }
            guard kept + used + count > most else { return nil }
            let sizes = bySize.lazy.filter { !$0.value.isEmpty && $0.key > count && $0.key <= count + count / 2 }
            return sizes.map(\.key).min().flatMap { remove($0) }
        }

        private var most: Int { mostUsed + mostUsed / 4 }

        private mutating func remove(_ size: Int) -> Block? {
            guard let pointer = bySize[size]?.popLast() else { return nil }
            kept -= size
            return Block(pointer: pointer, capacity: size)
        }

        mutating func use(_ count: Int) {
            used += count
            mostUsed = max(mostUsed, used)
        }

        /// The largest blocks, as many as are too many.
        mutating func surplus() -> [UnsafeMutablePointer<Float>] {
            guard kept + used > most else { return [] }
            var surplus: [UnsafeMutablePointer<Float>] = []
            for size in bySize.keys.sorted(by: >) {
                while kept + used > most, let block = remove(size) { surplus.append(block.pointer) }
            }
            return surplus
        }
    }

    nonisolated(unsafe) private static var blocks = Blocks()
    private static let lock = Mutex(())

    /// Smaller blocks are the allocator's business: it is quick with them.
    private static let smallest = 1 << 14

    static func take(_ count: Int) -> Block {
        guard count >= smallest else { return Block(pointer: allocate(count), capacity: count) }
        var surplus: [UnsafeMutablePointer<Float>] = []
        let block: Block? = lock.withLock { _ in
            let block = blocks.take(count)
            blocks.use(block?.capacity ?? count)
            if block == nil { surplus = blocks.surplus() }
            return block
        }
        for pointer in surplus { UnsafeMutableRawPointer(pointer).deallocate() }
        return block ?? Block(pointer: allocate(count), capacity: count)
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        // A little more: kernels read whole vectors, past the end of a row.
        let bytes = (count + 48) * MemoryLayout<Float>.stride
        let isLarge = bytes >= 2 * HugePages.size
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? HugePages.size : 64)
        HugePages.advise(pointer, bytes: bytes)
        return pointer.bindMemory(to: Float.self, capacity: count)
    }

    static func give(_ block: Block) {
        guard block.capacity >= smallest else {
            UnsafeMutableRawPointer(block.pointer).deallocate()
            return
        }
        lock.withLock { _ in
            blocks.used -= block.capacity
            blocks.kept += block.capacity
            blocks.bySize[block.capacity, default: []].append(block.pointer)
        }
    }

    /// Returns everything that is kept to the system.
    static func empty() {
        let all = lock.withLock { _ in
            defer {
                blocks.bySize = [:]
                blocks.kept = 0
                blocks.mostUsed = blocks.used
            }
            return blocks.bySize.values.flatMap { $0 }
        }
        for pointer in all { UnsafeMutableRawPointer(pointer).deallocate() }
    }
}
