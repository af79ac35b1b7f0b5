import CVCore
import CVImage
import Synchronization

/// What the readers of data sets for detection find, before the images are looked at.
struct DetectionListing {
    /// An object as its file has it.
    struct Object {
        /// The edges, in the unit of the entry.
        var left, top, right, bottom: Double
        /// The index of its class.
        var label: Int
        var isCrowd = false
        var isDifficult = false
        var area: Double?
        var line: Int?
    }

    /// An image with its objects.
    struct Entry {
        /// The name of the item.
        let name: String
        /// The path of the image.
        let image: String
        let part: DatasetPart?
        /// The path of the file of annotations, and the line that a wrong size is reported on.
        let file: String?
        var line: Int?
        /// The size that the annotation states.
        var size: DatasetDefect.Size?
        /// Whether edges are fractions of the image, from 0 to 1; else they are pixels.
        var isNormalized = false
        var objects: [Object] = []
    }

    let format: DetectionFormat
    var classes: [String] = []
    var entries: [Entry] = []
    var skipped = SkippedFiles()
    var defects: [AnnotationDefect] = []

    init(_ format: DetectionFormat) { self.format = format }

    /// Reads the sizes of the images, and brings the boxes to pixels of them.
    func resolved() -> (items: [ImageDataset.Item], defects: [AnnotationDefect]) {
        typealias Resolved = (item: ImageDataset.Item?, defects: [AnnotationDefect])
        let results = Mutex([Resolved](repeating: (nil, []), count: entries.count))
        Parallel.forEach(entries.count) { index in
            let result = entries[index].resolved()
            results.withLock { $0[index] = result }
        }
        let all = results.withLock { $0 }
        return (all.compactMap(\.item), all.flatMap(\.defects))
    }
}

extension DetectionListing.Entry {
    /// Beyond this, what reaches out of the image is worth a remark: others count from 0 or from 1, and round.
    private static let tolerance = 1.0

    fileprivate func resolved() -> (item: ImageDataset.Item?, defects: [AnnotationDefect]) {
        let own: DatasetDefect.Size
        do {
            let info = try ImageInfo(contentsOf: image)
            own = DatasetDefect.Size(info.width, info.height)
        } catch {
            return (nil, [AnnotationDefect(file ?? image, line: line, .undecodable(reason: "\(error)"))])
        }
        if let size, size != own {
            return (nil, [AnnotationDefect(file ?? image, line: line, .otherSize(stated: size, image: own))])
        }
        var defects: [AnnotationDefect] = []
        var found: [AnnotatedObject] = []
        var seen: [SeenBox: Int?] = [:]
        for object in objects {
            let (box, problem) = fitted(object, own, &seen)
            if let problem { defects.append(AnnotationDefect(file ?? image, line: object.line, problem)) }
            guard let box else { continue }
            var result = AnnotatedObject(box, label: object.label)
            (result.isCrowd, result.isDifficult) = (object.isCrowd, object.isDifficult)
            (result.area, result.line) = (object.area, object.line)
            found.append(result)
        }
        let annotation = ImageDataset.Annotation.objects(.init(size: own, objects: found, file: file))
        return (ImageDataset.Item(name: name, part: part, image: .file(image), annotation: annotation), defects)
    }

    private struct SeenBox: Hashable {
        let edges: [Double]
        let label: Int
    }

    private func fitted(
        _ object: DetectionListing.Object, _ size: DatasetDefect.Size, _ seen: inout [SeenBox: Int?]
    ) -> (box: Box?, problem: AnnotationDefect.Problem?) {
        let (width, height) = (Double(size.width), Double(size.height))
        let scale = isNormalized ? (x: width, y: height) : (x: 1, y: 1)
        let (left, right) = (object.left * scale.x, object.right * scale.x)
        let (top, bottom) = (object.top * scale.y, object.bottom * scale.y)
        let text = "(" + [left, top, right, bottom].map { edgeText($0) }.joined(separator: ", ") + ")"
        guard right > left, bottom > top else { return (nil, .emptyBox(text)) }
        let key = SeenBox(edges: [left, top, right, bottom], label: object.label)
        if let other = seen[key] { return (nil, .doubled(text, line: other)) }
        seen[key] = object.line
        let box = Box(minX: Float(left), minY: Float(top), maxX: Float(right), maxY: Float(bottom))
            .clipped(width: size.width, height: size.height)
        guard box.width > 0, box.height > 0 else { return (nil, .outside(text, image: size)) }
        let excess = max(-left, -top, right - width, bottom - height)
        return (box, excess > Self.tolerance ? .clipped(text, image: size) : nil)
    }

    /// `12` or `12.35`.
    private func edgeText(_ value: Double) -> String {
        let rounded: Double = (value * 100).rounded() / 100
        return rounded == rounded.rounded() && abs(rounded) < 1e9 ? "\(Int(clamping: rounded))" : "\(rounded)"
    }
}
