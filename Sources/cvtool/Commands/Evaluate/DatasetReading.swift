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
        reportSkipped(quiet: quiet)
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

    /// Says what is not used, and why; quietly only where images of the set are lost by it.
    func reportSkipped(quiet: Bool) {
        for group in skipped.groups where group.reason.losesImages {
            warn("\(path.escapedForDisplay): skipped \(group)")
        }
        if quiet { return }
        for group in skipped.groups where !group.reason.losesImages {
            StandardError.write("\(path.escapedForDisplay): ignored \(group)\n")
        }
        if let first = nestedFolders.first {
            let folders = pluralized(nestedFolders.count, "folder")
            let rest = nestedFolders.count == 1 ? "" : " and others"
            StandardError.write(
                "\(path.escapedForDisplay): the images of \(folders) inside class folders count to the class: "
                    + "\(quoted(first))\(rest)\n")
        }
    }

    /// The number of broken images that are named.
    private static var shown: Int { 20 }
}
