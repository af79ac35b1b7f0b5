import ArgumentParser
import CLISupport
import CVCore
import CVImage

/// How pictures are read: shared by all commands that take some.
struct PictureOptions: ParsableArguments {
    @Flag(help: "Use what can be read of a picture that is cut short.")
    var allowTruncated = false

    @Option(help: .init("Refuse pictures of more pixels than this.", valueName: "n"))
    var maxPixels = DecodingOptions().maxPixels

    /// Gigabytes of memory; beyond, no machine would have it, and running out of memory cannot be caught.
    private static let mostPixels = 2_147_483_647

    func validate() throws {
        guard (1...Self.mostPixels).contains(maxPixels) else {
            throw ValidationError("--max-pixels \(maxPixels): a number from 1 to \(Self.mostPixels) is expected.")
        }
    }

    /// - Throws: `ImageError` or `FileError` for what is no picture, and the problem itself for an input that is none.
    func read(_ input: Input) throws -> Image {
        switch input {
        case .file(let path, _): try read(path: path)
        case .standardInput: try Image(data: FileInput.readStandardInput(), options: decoding, name: "standard input")
        case .problem(let problem): throw problem
        }
    }

    func read(path: String) throws -> Image { try Image(contentsOf: path, options: decoding) }

    private var decoding: DecodingOptions {
        var options = DecodingOptions()
        options.allowTruncated = allowTruncated
        options.maxPixels = maxPixels
        return options
    }
}
