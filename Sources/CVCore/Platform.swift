// What differs between systems: the C library's name, and what only one of them tells. No other file asks which one it is.

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

/// The processors in this process's affinity mask.
package func activeProcessorCount() -> Int { ProcessInfo.processInfo.activeProcessorCount }

/// The most physical memory that this process has held at a time, in bytes; 0 if the system does not tell.
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

// The system calls of types that have methods of the same name.
let systemRead = read
let systemWrite = write
