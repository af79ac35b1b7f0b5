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

/// The value of an environment variable; nil if it is not set.
package func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// The processors in the affinity mask of this process.
package func activeProcessorCount() -> Int { ProcessInfo.processInfo.activeProcessorCount }

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

// System calls whose names are also those of methods.
let systemRead = read
let systemWrite = write
