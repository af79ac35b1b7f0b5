import CLISupport
import CVCore
import CVNN
import CVTraining

extension ClassificationDataset {
    /// Decodes the pictures with a bar, and reports what was left out.
    ///
    /// decode: what does it, given a function to be called with the pictures done and all of them.
    func decoded(
        showing title: String, quiet: Bool,
        _ decode: (ClassificationDataset, (_ done: Int, _ of: Int) -> Void) throws -> DecodedImages
    ) throws -> DecodedImages {
        if ignored.count > 0, !quiet {
            StandardError.write(
                "\(path.escapedForDisplay): passed over \(pluralized(ignored.count, "file")) that \(ignored.count == 1 ? "is" : "are") no picture by suffix, such as "
                    + "\(ignored.examples.prefix(3).map(\.escapedForDisplay).joined(separator: ", "))\n")
        }
        let bar = ProgressBar(title: title, total: items.count, quiet: quiet)
        let images = try decode(self) { _, _ in bar.advance() }
        bar.finish()
        for broken in images.broken.prefix(Self.shown) { warn("\(broken.error.description); left out") }
        if images.broken.count > Self.shown { warn("… and \(images.broken.count - Self.shown) more") }
        if !images.broken.isEmpty {
            warn("\(images.broken.count) of \(pluralized(items.count, "picture")) cannot be used")
        }
        return images
    }

    /// How many broken pictures are named.
    private static var shown: Int { 20 }
}
