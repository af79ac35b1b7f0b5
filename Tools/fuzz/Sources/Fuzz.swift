import CFuzzer
import CVCore
import Foundation

/// Runs one fuzz target with libFuzzer, or writes what it starts from.
///
///     FUZZ_TARGET=png Fuzz [option of libFuzzer …] [folder or file …]
///     Fuzz targets                 the names of the targets, their shares of a long run, and their longest inputs, one a line
///     Fuzz seeds TARGET FOLDER     the seed corpus of a target, and its dictionary as FOLDER.dict
///
/// The target is in the environment, not among the arguments: libFuzzer starts itself again with its own arguments.
enum Fuzz {
    /// In the order in which they run: the slowest first, so that none is left for the end alone.
    static let targets: [FuzzTarget] =
        [.options, .darknet, .faces, .labelme, .csv, .landmarks] + [.texts, .jpeg, .redaction, .png, .pickle, .tar]
        + [.coco, .safetensors, .pth]

    /// The target of this process.
    static let target: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
        guard let target = targets.first(where: { $0.name == name }) else {
            fail("FUZZ_TARGET=\(name): the targets are \(targets.map(\.name).joined(separator: ", "))")
        }
        return target
    }()

    /// Does what the arguments ask for instead of fuzzing, if they do.
    static func prepare(_ arguments: [String]) throws {
        switch arguments.dropFirst().first {
        case "targets": print(targets.map { "\($0.name) \($0.share) \($0.length)" }.joined(separator: "\n"))
        case "seeds" where arguments.count == 4: try writeSeeds(of: arguments[2], to: arguments[3])
        default:
            // One input at a time on one thread, so that a finding can be repeated.
            Parallel.threadCount = 1
            _ = target
            return
        }
        exit(0)
    }

    private static func writeSeeds(of name: String, to folder: String) throws {
        guard let target = targets.first(where: { $0.name == name }) else { fail("\(name): there is no such target") }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (index, seed) in try target.seeds().enumerated() {
            try FileOutput.write(seed, to: "\(folder)/\(target.name)-\(index)", overwrite: true)
        }
        let entries = Set(try target.words()).sorted().map { word in
            let quoted = word.utf8.map { byte in
                let isPlain = (32..<127).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
                return isPlain ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            return "\"\(quoted.joined())\"\n"
        }
        try FileOutput.write(Array(entries.joined().utf8), to: folder + ".dict", overwrite: true)
    }

    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(64)
    }
}

/// Called by libFuzzer, whose `main` this program has, at its start.
@_cdecl("LLVMFuzzerInitialize")
func initialize(_ count: UnsafeMutablePointer<CInt>, _ values: OpaquePointer) -> CInt {
    do {
        try Fuzz.prepare(CommandLine.arguments)
    } catch {
        Fuzz.fail("\(error)")
    }
    return 0
}

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
func read(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do {
        try Fuzz.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
    } catch {
        // An error is a right answer; its message must be made without a trap, too.
        precondition(!"\(error)".isEmpty)
    }
    return 0
}

/// Called by libFuzzer for each new input: changes it as usual, then in half of all cases makes its checksums right, without
/// which most changes would only ever reach the code that compares them.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: UInt32) -> Int {
    let count = LLVMFuzzerMutate(data, size, capacity)
    guard let repair = Fuzz.target.repair, seed % 2 == 0 else { return count }
    var bytes = Array(UnsafeBufferPointer(start: data, count: count))
    repair(&bytes)
    let kept = min(bytes.count, capacity)
    for index in 0..<kept { data[index] = bytes[index] }
    return kept
}
