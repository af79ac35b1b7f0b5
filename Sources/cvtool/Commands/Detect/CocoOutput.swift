import CVCore
import CVDetection

/// What `--coco` writes: the results of all inputs, and the list of images unless `--annotations` is one.
struct CocoOutput {
    var results: COCOResults
    private let index: COCOImageIndex
    private let path: String
    private let imagesPath, annotations: String?

    /// - Parameters:
    ///   - output: the options; nil results without `--coco`.
    ///   - inputs: the paths of all inputs.
    ///   - labels: of the network's classes.
    /// - Throws: `FileError` or `COCOIndexError` for annotations that give no ids.
    init?(_ output: DetectOutputOptions, _ inputs: [String], labels: [String]) throws {
        guard let path = output.coco else { return nil }
        (self.path, imagesPath, annotations) = (path, output.cocoImages, output.annotations)
        index =
            if let annotations {
                try COCOImageIndex(contentsOf: annotations, labels: labels)
            } else {
                COCOImageIndex(numbering: inputs, labels: labels)
            }
        results = COCOResults(index)
    }

    /// - Throws: `COCOIndexError` for an image that the annotations do not list.
    func id(of input: String) throws -> Int { try index.id(ofImage: input) }

    /// The paths and texts of the files.
    var files: [(path: String, text: String)] {
        [(path, results.text)] + (imagesPath.map { [($0, index.text)] } ?? [])
    }

    /// What the reader of the results should know; nil if there is nothing.
    var remark: String? {
        if let imagesPath {
            return "the ids of images in \(path.escapedForDisplay) are numbers of this run: "
                + "\(imagesPath.escapedForDisplay) lists them; --annotations FILE takes those of a data set"
        }
        guard results.omitted > 0, let annotations else { return nil }
        return "\(path.escapedForDisplay): without \(pluralized(results.omitted, "detection")) of classes that are no "
            + "categories of \(annotations.escapedForDisplay)"
    }
}
