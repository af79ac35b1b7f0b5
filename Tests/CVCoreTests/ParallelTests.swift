import CVCore
import Synchronization
import Testing

@Suite struct ParallelTests {
    @Test(arguments: [0, 1, 2, 7, 1000]) func visitsEveryIndexOnce(count: Int) {
        let seen = Mutex([Int](repeating: 0, count: count))
        Parallel.forEach(count) { index in seen.withLock { $0[index] += 1 } }
        #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test(arguments: [0, 1, 5, 999], [1, 10, 5000]) func rangesCoverEverything(count: Int, grain: Int) {
        let seen = Mutex([Int](repeating: 0, count: count))
        Parallel.forRanges(count, grain: grain) { range in
            seen.withLock { for index in range { $0[index] += 1 } }
        }
        #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test func nestedCallsFinish() {
        let sum = Atomic<Int>(0)
        Parallel.forEach(8) { outer in
            Parallel.forEach(8) { inner in sum.add(outer * 8 + inner, ordering: .relaxed) }
        }
        #expect(sum.load(ordering: .relaxed) == 63 * 64 / 2)
    }

    @Test func findsTheNearestName() {
        let names = ["person", "bicycle", "car", "dog"]
        #expect(nearestName(to: "persn", in: names) == "person")
        #expect(nearestName(to: "Bicylce", in: names) == "bicycle")
        #expect(nearestName(to: "aeroplane", in: names) == nil)
    }

    /// Compared letter by letter, two such names would take a table of 10^14 numbers.
    @Test func namesOfMillionsOfLettersAreNearToNothing() {
        let long = String(repeating: "a", count: 10_000_000)
        #expect(nearestName(to: long, in: ["car", long]) == nil)
        #expect(nearestName(to: "aa", in: [long, "a"]) == "a")
    }
}
