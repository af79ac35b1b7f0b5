import CVCore

/// The files that a run has written, named at its end.
final class WrittenFiles {
    enum Kind: String, CaseIterable {
        case image = "annotated image"
        case text = "YOLO text"
        case voc = "VOC file"
        case crop
        case blurred = "blurred image"
        case coco = "COCO file"
        case cocoImages = "list of images"
        case cutOut = "cut-out"
        case mask
        case overlay
        case background = "composed image"
        case palette = "class map"
        case polygons = "polygon file"
        case aligned = "aligned crop"
    }

    private var counts: [Kind: Int] = [:]
    private var lastPath: [Kind: String] = [:]

    func add(_ kind: Kind, _ path: String) {
        counts[kind, default: 0] += 1
        lastPath[kind] = path
    }

    /// `wrote photo_detect.jpg`, or `wrote 3 annotated images and 5 crops in results/`; nil if there are none.
    ///
    /// - Parameter folder: of the results; named if there are several files of a kind.
    func text(folder: String) -> String? {
        let kinds = Kind.allCases.filter { counts[$0] != nil }
        var many = kinds.compactMap { kind in counts[kind].flatMap { $0 > 1 ? pluralized($0, kind.rawValue) : nil } }
        if let last = many.popLast() {
            let position = folder == "." ? "the current folder" : folder.escapedForDisplay
            many.append("\(last) in \(position)")
        }
        let names = many + kinds.compactMap { counts[$0] == 1 ? lastPath[$0]?.escapedForDisplay : nil }
        guard let last = names.last else { return nil }
        let others = names.dropLast().joined(separator: ", ")
        return "wrote " + (others.isEmpty ? last : "\(others) and \(last)") + "\n"
    }
}
