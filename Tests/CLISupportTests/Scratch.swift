import CVCore
import Foundation

/// A temporary folder for one test.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "clisupport-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Creates files of one byte each, with their folders.
    func make(_ names: String...) throws {
        for name in names {
            let file = path + "/" + name
            if let slash = name.unicodeScalars.lastIndex(of: "/") { try makeFolder(String(name[..<slash])) }
            try FileOutput.write([1], to: file)
        }
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws { try FileOutput.write(bytes, to: path + "/" + name) }
}
