// Differences between systems: the name of the C library, and what only one of them provides. No other file tests the
// system.

#if canImport(Glibc)
@_exported import Glibc
#elseif canImport(Musl)
@_exported import Musl
#else
@_exported import Darwin
#endif

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The types of Foundation that the public face uses, whichever module of Foundation has them on this system.
public enum Platform {
    #if canImport(FoundationEssentials)
    /// Foundation's protocol of errors that have a `localizedDescription`.
    public typealias LocalizedError = FoundationEssentials.LocalizedError
    /// Foundation's URL.
    public typealias URL = FoundationEssentials.URL
    #else
    /// Foundation's protocol of errors that have a `localizedDescription`.
    public typealias LocalizedError = Foundation.LocalizedError
    /// Foundation's URL.
    public typealias URL = Foundation.URL
    #endif
}

/// The value of an environment variable; nil if it is not set.
package func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// The processors in the affinity mask of this process.
package func activeProcessorCount() -> Int { ProcessInfo.processInfo.activeProcessorCount }

/// Bytes of the second-level cache of a core: what the system says, from 256 KiB to 1 MiB; 512 KiB where it does not say.
package let secondLevelCacheBytes: Int = {
    #if canImport(Glibc)
    let found = Int(sysconf(Int32(_SC_LEVEL2_CACHE_SIZE)))
    #else
    let found = 0
    #endif
    return found > 0 ? min(max(found, 256 << 10), 1 << 20) : 512 << 10
}()

/// The peak physical memory of this process, in bytes; 0 if unknown.
package func peakResidentBytes() -> Int {
    var usage = rusage()
    #if canImport(Glibc)
    let status = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
    let status = getrusage(RUSAGE_SELF, &usage)
    #endif
    #if canImport(Darwin)
    let unit = 1
    #else
    let unit = 1024
    #endif
    return status == 0 ? Int(usage.ru_maxrss) * unit : 0
}

/// The limit of the address space of this process, in bytes (`ulimit -v`); nil without one.
func addressSpaceLimit() -> Int? {
    var limit = rlimit()
    #if canImport(Glibc)
    let status = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
    let status = getrlimit(RLIMIT_AS, &limit)
    #endif
    return status == 0 && limit.rlim_cur < rlim_t(Int.max) ? Int(limit.rlim_cur) : nil
}

// System calls whose names are also those of methods.
let systemRead = read
let systemWrite = write

/// Starts a thread that runs `body` and is never joined.
///
/// - Returns: false, and nothing runs, where the system has no thread left, or `CVTOOLKIT_NO_THREADS` is set, for tests.
package func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    if environmentVariable("CVTOOLKIT_NO_THREADS") != nil { return false }
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    guard pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) == 0 else { return false }
    // Networks run on it; some systems give less than 1 MB by default. Pages that are not used cost nothing.
    guard pthread_attr_setstacksize(&attributes, 8 << 20) == 0 else { return false }
    #if canImport(Darwin)
    var thread: pthread_t?
    #else
    var thread = pthread_t()
    #endif
    let boxed = Unmanaged.passRetained(ThreadBody(run: body))
    let result = pthread_create(
        &thread, &attributes,
        {
            // Optional on some systems only.
            let pointer: UnsafeMutableRawPointer? = $0
            Unmanaged<ThreadBody>.fromOpaque(pointer!).takeRetainedValue().run()
            return nil
        }, boxed.toOpaque())
    if result != 0 { boxed.release() }
    return result == 0
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
}
