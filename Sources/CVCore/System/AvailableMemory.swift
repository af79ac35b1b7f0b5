/// The memory available to this process, in bytes: what the system has free, limited by its cgroup; nil if unknown.
///
/// For an estimate before a long job: other processes may allocate memory meanwhile.
package func availableMemoryBytes() -> Int? {
    let values = [systemAvailable(), cgroupAvailable()].compactMap { $0 }
    return values.min()
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
