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
/// back as pages that it must clear first, which takes longer than many an operation.
enum MemoryReserve {
    private struct Blocks {
        var bySize: [Int: [UnsafeMutablePointer<Float>]] = [:]
        var kept = 0
    }

    nonisolated(unsafe) private static var blocks = Blocks()
    private static let lock = Mutex(())

    /// Elements that may be kept: 64 million are 256 MB.
    private static let limit = 64 << 20
    /// Smaller blocks are the allocator's business: it is quick with them.
    private static let smallest = 1 << 14

    static func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        if count >= smallest {
            let block: UnsafeMutablePointer<Float>? = lock.withLock { _ in
                guard let block = blocks.bySize[count]?.popLast() else { return nil }
                blocks.kept -= count
                return block
            }
            if let block { return block }
        }
        // A vector more: kernels read whole ones, past the end of a row.
        return allocate(bytes: (count + 48) * MemoryLayout<Float>.stride).bindMemory(to: Float.self, capacity: count)
    }

    private static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        let isLarge = bytes >= 2 * HugePages.size
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? HugePages.size : 64)
        HugePages.advise(pointer, bytes: bytes)
        return pointer
    }

    static func give(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
        if count >= smallest {
            let kept = lock.withLock { _ in
                guard blocks.kept + count <= limit else { return false }
                blocks.bySize[count, default: []].append(pointer)
                blocks.kept += count
                return true
            }
            if kept { return }
        }
        UnsafeMutableRawPointer(pointer).deallocate()
    }

    /// Returns everything that is kept to the system.
    static func empty() {
        let all = lock.withLock { _ in
            defer { blocks = Blocks() }
            return blocks.bySize.values.flatMap { $0 }
        }
        for pointer in all { UnsafeMutableRawPointer(pointer).deallocate() }
    }
}
