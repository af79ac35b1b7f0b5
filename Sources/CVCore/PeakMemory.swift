#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The most physical memory that this process has held at a time, in bytes; 0 where the system does not tell.
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
