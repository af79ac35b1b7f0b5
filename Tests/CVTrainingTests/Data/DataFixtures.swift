import CVCore
import CVImage
import CVNN
import Foundation
import TestSupport

/// A folder for a test's files, removed with it.
final class Scratch {
    let path: String

    init() throws { path = try temporaryFolder() }
    deinit { remove(path) }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try makeFolder(URL(filePath: file).deletingLastPathComponent().path)
        try FileOutput.write(bytes, to: file, overwrite: true)
        return file
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    @discardableResult
    func image(_ name: String, width: Int = 4, height: Int = 4, seed: UInt64 = 1) throws -> String {
        try write(noise(width: width, height: height, seed: seed).encoded(as: .png()), to: name)
    }

    /// Folders of `count` images of noise each, named 00.png and so on.
    func classes(_ names: [String], count: Int, side: Int = 4) throws {
        for (label, name) in names.enumerated() {
            for index in 0..<count {
                let number = index < 10 ? "0\(index)" : "\(index)"
                try image("\(name)/\(number).png", width: side, height: side, seed: UInt64(1000 * label + index))
            }
        }
    }
}

/// A tar file, header by header.
struct TarBuilder {
    var bytes: [UInt8] = []

    /// - Parameters:
    ///   - size: as the header has it; nil for the size of `content`.
    ///   - change: what is done to the header before its checksum is made.
    mutating func add(
        _ name: String, _ content: [UInt8] = [], kind: Character = "0", size: String? = nil,
        change: (inout [UInt8]) -> Void = { _ in }
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        let octal = String(content.count, radix: 8)
        put(name, at: 0)
        put("0000644\0", at: 100)
        put(size ?? String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
        header[156] = kind.asciiValue!
        put("ustar\u{0}00", at: 257)
        change(&header)
        for index in 148..<156 { header[index] = 32 }
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// - Parameter kind: "1" for a hard link, "2" for a symbolic one.
    mutating func link(_ name: String, kind: Character, to target: String) {
        add(name, kind: kind) { header in
            for (index, byte) in target.utf8.enumerated() { header[157 + index] = byte }
        }
    }

    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
