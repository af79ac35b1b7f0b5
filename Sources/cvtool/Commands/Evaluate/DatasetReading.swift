import CLISupport
import CVCore
import CVNN
import CVTraining

extension ImageDataset {
    /// Decodes the images with a bar, and reports what was left out.
    ///
    /// - Parameters:
    ///   - title: of the bar.
    ///   - quiet: whether there is no bar and no remark.
    ///   - decode: does it, given a function to be called with the number of images done and of all.
    /// - Returns: what `decode` returns.
    /// - Throws: what `decode` throws.
    func decoded(
        showing title: String, quiet: Bool,
        _ decode: (ImageDataset, (_ done: Int, _ of: Int) -> Void) throws -> DecodedImages
    ) throws -> DecodedImages {
        if !quiet { reportIgnored() }
        let bar = ProgressBar(title: title, total: items.count, quiet: quiet)
        let images = try decode(self) { _, _ in bar.advance() }
        bar.finish()
        for broken in images.broken.prefix(Self.shown) { warn("\(broken.error.description); left out") }
        if images.broken.count > Self.shown { warn("… and \(images.broken.count - Self.shown) more") }
        if !images.broken.isEmpty {
            warn("\(images.broken.count) of \(pluralized(items.count, "image")) cannot be used")
        }
        return images
    }

    private func reportIgnored() {
        guard ignored.count > 0 else { return }
        let examples = ignored.examples.prefix(3).map(\.escapedForDisplay).joined(separator: ", ")
        StandardError.write(
            "\(path.escapedForDisplay): ignored \(pluralized(ignored.count, "file")) that "
                + "\(ignored.count == 1 ? "is not an image" : "are not images") by suffix, such as \(examples)\n")
    }

    /// The number of broken images that are named.
    private static var shown: Int { 20 }
}
