import CVCore
import CVImage

extension DetectionDataset {
    /// All that is wrong with a data set for detection: also what would make it unusable.
    ///
    /// ```swift
    /// let survey = try DetectionDataset.survey("cells") { print($0) }
    /// for finding in survey.findings { print(finding) }
    /// ```
    ///
    /// - Parameters:
    ///   - path: as for `init(contentsOf:)`.
    ///   - classes: the names of the classes; nil for those of the set.
    ///   - format: the form; nil to recognize it.
    ///   - progress: called on any thread, one call at a time, with the number of images done.
    /// - Returns: the findings, and the set as far as it can be used.
    /// - Throws: `DatasetError` for a set whose form is not recognized, or of which nothing can be read; `FileError`.
    public static func survey(
        _ path: String, classes: [String]? = nil, format: DetectionFormat? = nil, progress: (_ done: Int) -> Void
    ) throws -> (dataset: DetectionDataset, inspection: DatasetInspection) {
        let listing = try listing(path, classes, format)
        let resolved = listing.resolved()
        let defects = listing.defects + resolved.defects
        guard !resolved.items.isEmpty else {
            let fatal = defects.filter(\.isFatal)
            throw DatasetError(
                path, fatal.isEmpty ? .noAnnotatedImages(skipped: listing.skipped) : .annotations(fatal))
        }
        let dataset = DetectionDataset(path, listing, resolved.items, findings: defects)
        var inspection = DatasetInspection(dataset.images, progress: progress)
        inspection.add(defects.map(\.finding) + dataset.nearlyDoubled + dataset.likeClasses)
        return (dataset, inspection)
    }

    /// Boxes of a class that cover each other nearly.
    private var nearlyDoubled: [DatasetInspection.Finding] {
        images.items.flatMap { item -> [DatasetInspection.Finding] in
            let objects = item.objects.filter { !$0.isCrowd }
            return objects.indices.compactMap { index in
                let object = objects[index]
                guard
                    let other = objects[..<index].first(where: {
                        $0.label == object.label && $0.box.nearlyEquals(object.box)
                    })
                else { return nil }
                return .init(
                    .box, item.annotationFile ?? item.name, line: object.line,
                    "the box of \(quoted(classes[object.label])) covers that of the same class"
                        + (other.line.map { " on line \($0)" } ?? "")
                        + " nearly: most likely the object is annotated twice")
            }
        }
    }

    /// Names that differ in case, white space or one letter only.
    private var likeClasses: [DatasetInspection.Finding] {
        func plain(_ name: String) -> String { name.lowercased().filter { !" _-".contains($0) } }
        return classes.indices.compactMap { index in
            guard let other = classes[..<index].first(where: { plain($0) == plain(classes[index]) }) else { return nil }
            return .init(
                .classes, images.path,
                "the classes \(quoted(other)) and \(quoted(classes[index])) differ in their spelling only: most likely they are one"
            )
        }
    }
}

extension AnnotationDefect {
    fileprivate var finding: DatasetInspection.Finding {
        let kind: DatasetInspection.Finding.Kind =
            switch problem {
            case .emptyBox, .outside, .clipped, .doubled: .box
            case .sharedImages: .leak
            case .undecodable, .otherSize: .image
            case .unknownClass: .classes
            case .noFile: .file
            default: .annotation
            }
        return .init(kind, file, line: line, text)
    }
}

extension Box {
    private static let nearly: Float = 0.95

    fileprivate func nearlyEquals(_ other: Box) -> Bool {
        let (width, height) = (
            min(maxX, other.maxX) - max(minX, other.minX), min(maxY, other.maxY) - max(minY, other.minY)
        )
        guard width > 0, height > 0 else { return false }
        return width * height >= Self.nearly * (area + other.area - width * height)
    }
}
