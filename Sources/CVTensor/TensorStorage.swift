import CVCore
import Synchronization

/// The memory of a tensor: written once, while it is made, and only read after that.
final class TensorStorage: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    /// Memory with whatever was in it. The caller fills it before anyone else sees it.
    init(count: Int) {
        self.count = count
        pointer = MemoryReserve.take(count)
    }

    deinit { MemoryReserve.give(pointer, count) }
}

/// Blocks that tensors gave back, kept for the next ones of the same size.
///
/// A network asks for the same sizes with every picture. Blocks of megabytes that are returned to the system come
/// back as pages that it must clear first, which takes longer than many an operation. What is kept and what is in use
/// are together at most a quarter more than the most that was in use at a time: a step of training, whose sizes change
/// as it goes, then finds all its blocks again.
enum MemoryReserve {
    private struct Blocks {
        var bySize: [Int: [UnsafeMutablePointer<Float>]] = [:]
        /// Elements, of blocks that are kept, that are in use, and the most that were in use.
        var kept = 0
        var used = 0
        var mostUsed = 0

        /// A kept block of this size.
        mutating func take(_ count: Int) -> UnsafeMutablePointer<Float>? {
            used += count
            mostUsed = max(mostUsed, used)
            guard let block = bySize[count]?.popLast() else { return nil }
            kept -= count
            return block
        }

        /// The largest blocks, as many as are too many for another one to be allocated.
        mutating func surplus() -> [UnsafeMutablePointer<Float>] {
            let most = mostUsed + mostUsed / 4
            guard kept + used > most else { return [] }
            var surplus: [UnsafeMutablePointer<Float>] = []
            for size in bySize.keys.sorted(by: >) {
                while kept + used > most, let block = bySize[size]?.popLast() {
                    kept -= size
                    surplus.append(block)
                }
            }
            return surplus
        }
    }

    nonisolated(unsafe) private static var blocks = Blocks()
    private static let lock = Mutex(())

    /// Smaller blocks are the allocator's business: it is quick with them.
    private static let smallest = 1 << 14

    static func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        if count >= smallest {
            var surplus: [UnsafeMutablePointer<Float>] = []
            let block: UnsafeMutablePointer<Float>? = lock.withLock { _ in
                if let block = blocks.take(count) { return block }
                surplus = blocks.surplus()
                return nil
            }
            if let block { return block }
            for pointer in surplus { UnsafeMutableRawPointer(pointer).deallocate() }
        }
        // A little more: kernels read whole vectors, past the end of a row.
        return allocate(bytes: (count + 48) * MemoryLayout<Float>.stride).bindMemory(to: Float.self, capacity: count)
    }

    private static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        let isLarge = bytes >= 2 * HugePages.size
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? HugePages.size : 64)
        HugePages.advise(pointer, bytes: bytes)
        return pointer
    }

    static func give(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
        guard count >= smallest else {
            UnsafeMutableRawPointer(pointer).deallocate()
            return
        }
        lock.withLock { _ in
            blocks.used -= count
            blocks.kept += count
            blocks.bySize[count, default: []].append(pointer)
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
