import CVCore
import Synchronization
import Testing

@Suite struct ParallelTests {
    @Test("parallel: every index is visited once", arguments: [0, 1, 2, 7, 1000]) func visitsEveryIndexOnce(count: Int)
    {
        let visits = Mutex([Int](repeating: 0, count: count))
        Parallel.forEach(count) { index in visits.withLock { $0[index] += 1 } }
        #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test("parallel: ranges cover every index once", arguments: [0, 1, 5, 999], [1, 10, 5000])
    func rangesCoverEverything(count: Int, grain: Int) {
        let visits = Mutex([Int](repeating: 0, count: count))
        Parallel.forRanges(count, grain: grain) { range in
            visits.withLock { for index in range { $0[index] += 1 } }
        }
        #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test("parallel: nested calls finish") func nestedCallsFinish() {
        let sum = Atomic<Int>(0)
        Parallel.forEach(8) { outer in
            Parallel.forEach(8) { inner in sum.add(outer * 8 + inner, ordering: .relaxed) }
        }
        #expect(sum.load(ordering: .relaxed) == 63 * 64 / 2)
    }

    @Test("nearest name: small edits are found") func findsTheNearestName() {
        let names = ["person", "bicycle", "car", "dog"]
        #expect(nearestName(to: "persn", in: names) == "person")
        #expect(nearestName(to: "Bicylce", in: names) == "bicycle")
        #expect(nearestName(to: "aeroplane", in: names) == nil)
    }

    /// Compared letter by letter, two such names would need a table of 10^14 numbers.
    @Test("nearest name: very long names match nothing, quickly") func namesOfMillionsOfLettersAreNearToNothing() {
        let long = String(repeating: "a", count: 10_000_000)
        #expect(nearestName(to: long, in: ["car", long]) == nil)
        #expect(nearestName(to: "aa", in: [long, "a"]) == "a")
    }
}
