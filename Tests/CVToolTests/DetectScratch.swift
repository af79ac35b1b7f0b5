import CVCore
import CVImage
import Foundation
import TestSupport

/// A folder for one test, with images in it; gone with the test.
final class DetectScratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "cvtool-detect-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of an image in `SampleImages`.
    static func sample(_ name: String) -> String { packageFolder.appending(path: "SampleImages/\(name)").path }

    /// Copies a sample into the folder, under names that may lead into folders of it.
    func put(_ sample: String, as names: String...) throws {
        for name in names { try write(Data(contentsOf: URL(filePath: Self.sample(sample))), to: name) }
    }

    func write(_ data: Data, to name: String) throws {
        let file = URL(filePath: path + "/" + name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path + "/" + name)) }
    func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
    func image(_ name: String) throws -> Image { try Image(contentsOf: path + "/" + name) }

    /// The names in the folder or in one of its folders, sorted.
    func names(in folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).sorted()
    }

    /// Runs `cvtool detect` in the folder.
    func detect(_ arguments: String..., input: String? = nil) throws -> CommandResult {
        try runCommand(["detect"] + arguments, in: path, input: input)
    }
}

extension JSONValue {
    /// The numbers of an array of numbers.
    var numbers: [Double]? { array?.compactMap(\.double) }
}
