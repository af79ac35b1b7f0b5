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
        _ decode: (ClassificationDataset, (_ done: Int, _ of: Int) -> Void) throws -> DecodedPictures
    ) throws -> DecodedPictures {
        if ignored.count > 0, !quiet {
            StandardError.write(
                "\(path.escapedForDisplay): passed over \(counted(ignored.count, "file")) that \(ignored.count == 1 ? "is" : "are") no picture by suffix, such as "
                    + "\(ignored.examples.prefix(3).map(\.escapedForDisplay).joined(separator: ", "))\n")
        }
        let bar = ProgressBar(title: title, total: items.count, quiet: quiet)
        let pictures = try decode(self) { _, _ in bar.advance() }
        bar.finish()
        for broken in pictures.broken.prefix(Self.shown) { warn("\(broken.error.description); left out") }
        if pictures.broken.count > Self.shown { warn("… and \(pictures.broken.count - Self.shown) more") }
        if !pictures.broken.isEmpty {
            warn("\(pictures.broken.count) of \(counted(items.count, "picture")) cannot be used")
        }
        return pictures
    }

    /// How many broken pictures are named.
    private static var shown: Int { 20 }
}
