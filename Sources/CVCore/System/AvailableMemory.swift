/// The memory available to this process, in bytes: what the system has free, limited by its cgroup and by the address space
/// that it may use (`ulimit -v`); nil if unknown.
///
/// For an estimate before a long job: other processes may allocate memory meanwhile.
package func availableMemoryBytes() -> Int? {
    let limited = addressSpaceAvailable(limit: addressSpaceLimit())
    return [systemAvailable(), cgroupAvailable(), limited].compactMap { $0 }.min()
}

/// Whether so many bytes can be allocated now. Where memory runs out, Swift's own arrays end the process: what depends on
/// the size of an input asks before.
///
/// - Parameter bytes: all that will be in use at a time, beside what is already.
/// - Returns: false if the system, a cgroup or a limit of the process leaves less.
package func canAllocate(_ bytes: Int) -> Bool {
    // Less is there or the process would not live; asking takes longer than allocating.
    if bytes < 1 << 24 { return true }
    guard bytes <= availableMemoryBytes() ?? .max, let probe = malloc(bytes) else { return false }
    free(probe)
    return true
}

/// The limit of the address space less what is mapped; nil without a limit.
///
/// - Parameter limit: of the address space, in bytes.
/// - Returns: bytes, not negative.
package func addressSpaceAvailable(limit: Int?) -> Int? {
    guard let limit, let pages = number("/proc/self/statm") else { return nil }
    return max(0, limit - pages * Int(getpagesize()))
}

/// `MemAvailable` of Linux: free, or in caches that can be reclaimed.
private func systemAvailable() -> Int? {
    for line in text(of: "/proc/meminfo")?.split(separator: "\n") ?? [] where line.hasPrefix("MemAvailable:") {
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
}

/// The limit of cgroup v2 or v1, less the used memory. Caches count as used there, but can be reclaimed.
private func cgroupAvailable() -> Int? {
    let folder = "/sys/fs/cgroup/"
    for (limit, used, list) in [
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ] {
        guard let limit = number(folder + limit), let used = number(folder + used) else { continue }
        let lines = text(of: folder + list)?.split(separator: "\n") ?? []
        let cache = lines.first { $0.hasPrefix("inactive_file ") }.flatMap { Int($0.dropFirst(14)) } ?? 0
        return max(0, limit - max(0, used - cache))
    }
    return nil
}

/// Nil also for `max`, which means no limit.
private func number(_ path: String) -> Int? {
    text(of: path)?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
}

private func text(of path: String) -> String? {
    (try? FileInput.read(path, maxBytes: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
}
