import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// The files that `Tools/make_bad_images.py` made.
enum Golden {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().path + "/Golden/"

    static func bytes(_ name: String) throws -> [UInt8] { try FileInput.read(folder + name) }

    /// Names of the files with expected pixels beside them.
    static func valid(suffix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(suffix + ".pam") }.map { String($0.dropLast(4)) }.sorted()
    }

    static func expected(_ name: String) throws -> Image { try pam(bytes(name + ".pam")) }

    /// Netpbm's PAM: lines "KEY value" up to ENDHDR, then raw samples.
    private static func pam(_ file: [UInt8]) throws -> Image {
        let end = "ENDHDR\n"
        let start = try #require(file.firstRange(of: Array(end.utf8))).upperBound
        var values: [Substring: Int] = [:]
        for line in String(decoding: file[..<start], as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { values[words[0]] = Int(words[1]) }
        }
        return Image(
            width: try #require(values["WIDTH"]), height: try #require(values["HEIGHT"]),
            format: try #require(values["DEPTH"].flatMap(Image.Format.init)), pixels: Array(file[start...]))
    }
}

/// The largest difference of two samples; nil for images of different shape.
func largestDifference(_ a: Image, _ b: Image) -> Int? {
    guard (a.width, a.height, a.format) == (b.width, b.height, b.format) else { return nil }
    return zip(a.pixels, b.pixels).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
}

/// The problem of decoding; nil if there is none.
func problem(decoding bytes: [UInt8], _ options: DecodingOptions = .init()) throws -> ImageError.Problem? {
    do {
        _ = try Image(data: bytes, options: options)
        return nil
    } catch let error as ImageError {
        return error.problem
    }
}

/// Smooth colors with noise in the low bits, as a photograph has; alpha from 0 to 255 where there is any.
func photograph(width: Int, height: Int, format: Image.Format = .rgb) -> Image {
    var generator = SplitMix64(seed: 7)
    var image = Image(width: width, height: height, format: format, fill: .black)
    for y in 0..<height {
        for x in 0..<width {
            let noise = UInt8.random(in: 0..<4, using: &generator)
            image[x, y] = Color(
                UInt8(40 + 200 * x / (width + height)) + noise, UInt8(200 * y / height) + noise, 90 + noise,
                UInt8((x + y) % 256))
        }
    }
    return image
}
