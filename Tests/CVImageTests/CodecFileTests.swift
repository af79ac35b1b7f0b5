import CVCore
import CVImage
import Foundation
import Testing

/// Any kind of file at a path.
@Suite final class CodecFileTests {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "cvimage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    @Test("image files: the format is recognized by content") func suffixDoesNotMatter() throws {
        let path = folder + "/image.png"
        try FileOutput.write(Golden.bytes("grey.jpg"), to: path)
        #expect(try ImageInfo(contentsOf: path).container == .jpeg)
        #expect(try Image(contentsOf: path) == Image(contentsOf: Golden.folder + "grey.jpg"))
    }

    @Test("image files: names may have newlines and any script") func namesWithNewlinesAndOtherScriptsAreFine() throws {
        for name in ["two\nlines.jpg", "картинка 🖼.jpg", "-.jpg", " "] {
            try FileOutput.write(Golden.bytes("grey.jpg"), to: folder + "/" + name)
            #expect(try Image(contentsOf: folder + "/" + name).width == 37)
        }
    }

    @Test("image files: directories, pipes and devices are errors") func whatIsNoRegularFileIsAnError() throws {
        #expect(throws: FileError(folder, .isDirectory)) { try Image(contentsOf: folder) }
        let pipe = folder + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: FileError(pipe, .notRegular)) { try Image(contentsOf: pipe) }
        #expect(throws: FileError("/dev/zero", .notRegular)) { try Image(contentsOf: "/dev/zero") }
        let loop = folder + "/loop"
        try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
        #expect(throws: FileError.self) { try Image(contentsOf: loop) }
        #expect(throws: FileError.self) { try Image(contentsOf: folder + "/missing.jpg") }
        #expect(throws: FileError.self) { try Image(contentsOf: folder + "/bad \u{FFFD} name.jpg") }
    }

    @Test("image files: an unreadable file is an error", .disabled(if: geteuid() == 0, "root reads everything"))
    func unreadableFileIsAnError() throws {
        let path = folder + "/secret.jpg"
        try FileOutput.write(Golden.bytes("grey.jpg"), to: path)
        #expect(chmod(path, 0) == 0)
        #expect(throws: FileError.self) { try Image(contentsOf: path) }
    }

    @Test("image files: the size limit is enforced") func largeFilesAreNotRead() throws {
        let path = folder + "/a.jpg"
        let bytes = try Golden.bytes("grey.jpg")
        try FileOutput.write(bytes, to: path)
        let limit = bytes.count - 1
        #expect(throws: FileError(path, .tooLarge(bytes: bytes.count, limit: limit))) {
            try Image(contentsOf: path, options: DecodingOptions(maxFileBytes: limit))
        }
    }

    @Test("image files: the suffix selects the output format") func writesByTheSuffix() throws {
        let image = photograph(width: 20, height: 10)
        for name in ["a.jpg", "b.JPEG", "c.png", "d.e.PNG"] {
            try image.write(to: folder + "/" + name)
            let info = try ImageInfo(contentsOf: folder + "/" + name)
            #expect(info.container == (name.lowercased().hasSuffix("png") ? .png : .jpeg))
        }
        for name in ["a", "a.gif", "png", "a.png/"] {
            let path = folder + "/x/" + name
            #expect(throws: (any Error).self) { try image.write(to: path) }
        }
        #expect(throws: ImageError(folder + "/a.gif", .unknownSuffix)) { try image.write(to: folder + "/a.gif") }
        try image.write(to: folder + "/a.gif", format: .png())
        #expect(try Image(contentsOf: folder + "/a.gif") == image)
    }

    @Test("image files: quality applies to a JPEG chosen by suffix") func qualityAppliesToTheFormatOfTheSuffix() throws
    {
        let image = photograph(width: 64, height: 64)
        try image.write(to: folder + "/low.jpg", quality: 20)
        #expect(try FileInput.read(folder + "/low.jpg") == image.encoded(as: .jpeg(quality: 20)))
    }

    @Test("image files: existing files need overwrite") func overwritesOnlyWhenAsked() throws {
        let path = folder + "/a.png"
        let first = photograph(width: 4, height: 4)
        let second = photograph(width: 5, height: 4)
        try first.write(to: path)
        #expect(throws: FileError(path, .exists)) { try second.write(to: path) }
        #expect(try Image(contentsOf: path) == first)
        try second.write(to: path, overwrite: true)
        #expect(try Image(contentsOf: path) == second)
    }
}
