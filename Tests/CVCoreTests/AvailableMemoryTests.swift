import CVCore
import Foundation
import Testing

@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/statm"))) struct AvailableMemoryTests {
    @Test("available memory: a limit of the address space counts without what is mapped")
    func theAddressSpaceCounts() throws {
        let limit = 1 << 46
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmSize:") })
        let mapped = 1024 * (Int(line.filter(\.isNumber)) ?? 0)
        let used = limit - (try #require(addressSpaceAvailable(limit: limit)))
        // Other tests map and unmap memory between the two.
        #expect(used > mapped / 2 && used < mapped * 2, "\(used) of \(mapped)")
        #expect(addressSpaceAvailable(limit: 1 << 20) == 0 && addressSpaceAvailable(limit: nil) == nil)
    }

    @Test("available memory: what is there can be allocated, more than there can be cannot")
    func moreThanThereIsCannotBeAllocated() {
        #expect(canAllocate(0) && canAllocate(1 << 20))
        #expect(!canAllocate(1 << 60))
    }
}
