import CVCore
import CVImage
import Foundation
import TestSupport

/// A folder for one test, gone with it.
final class LandmarkScratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "landmarks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: URL(filePath: file).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try FileOutput.write(bytes, to: file, overwrite: true)
    }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    /// An image of one color.
    func image(_ name: String, width: Int = 20, height: Int = 10) throws {
        try write(Image(width: width, height: height, fill: Color(90, 120, 200)).encoded(as: .png()), to: name)
    }

    /// Drawn faces with a table of five points, `count` images of each person: `faces/images/p3_1.png`.
    func faces(persons: Int, count: Int = 2, side: Int = 48) throws {
        var rows = [DrawnFace.header]
        for person in 0..<persons {
            for number in 0..<count {
                let face = DrawnFace(seed: person * 100 + number, side: side)
                let name = "p\(person)_\(number).png"
                try write(face.image.encoded(as: .png()), to: "faces/images/\(name)")
                rows.append(face.row(name))
            }
        }
        try write(rows.joined(separator: "\n") + "\n", to: "faces/keypoints.csv")
    }
}
