import CLISupport
import CVCore
import CVDetection
import CVImage
import CVNN
import CVSegmentation
import CVWeights

/// The network that `--model` means.
enum SegmentModel {
    case person(PersonSegmenter)
    /// With those that `--classes` selects; nil for all.
    case classes(Segmenter, Segmenter.Scale, selected: Set<Int>?)

    init(_ options: SegmenterOptions) throws {
        let path = try WeightsLocator().find(ShortNames.weights(options.model))
        let model = try SafetensorsHeader.read(path).metadata[WeightsMetadata.Key.model.rawValue]
        if model == PersonSegmenter.defaultModel {
            guard options.classes.isEmpty else { throw SegmentUsageError.classesOfPerson }
            let detector = options.noPersonCheck ? nil : try Detector(PersonSegmenter.detectorModel)
            var segmenter = try PersonSegmenter(path, detector: detector)
            segmenter.crops = options.noPersonCheck ? .never : options.personCrops ?? .automatic
            self = .person(segmenter)
        } else {
            guard options.personCrops == nil else { throw SegmentUsageError.cropsOfClasses }
            let segmenter = try Segmenter(path)
            let selected = try ClassSelection.parse(options.classes, labels: segmenter.labels.names)
            self = .classes(segmenter, options.fullSize ? .full : .trained, selected: selected)
        }
    }

    /// The image that is written if no option selects one.
    var usualImage: SegmentOutputImage {
        if case .person = self { .cutout } else { .overlay }
    }

    /// The message for an image in which nothing is found.
    var nothing: String {
        if case .person = self {
            "no person found (the detector has none with 5% or more; --no-person-check cuts out any foreground)"
        } else {
            "nothing of these classes found"
        }
    }

    /// Whether the foreground is defined.
    var hasForeground: Bool {
        if case .classes(_, _, nil) = self { false } else { true }
    }

    /// Segments `image`.
    func found(in image: Image, _ timing: Timing) throws -> SegmentFinding {
        switch self {
        case .person(let segmenter):
            let persons = try timing.measure("detector") { try segmenter.detectPersons(in: image) }
            if let persons, persons.isEmpty {
                return SegmentFinding(matte: .empty(width: image.width, height: image.height))
            }
            let input = timing.measure("resize") { segmenter.prepare(image) }
            let logits = try timing.measure("network") { try segmenter.run(input) }
            let boxes = persons?.map(\.box)
            let whole = timing.measure("refine") { segmenter.refine(logits, of: image, near: boxes) }
            let crops = segmenter.crops(for: persons ?? [], width: image.width, height: image.height)
            if crops.isEmpty { return SegmentFinding(matte: whole) }
            let matte = try timing.measure("crops") {
                try segmenter.adding(crops, to: whole, of: image, near: boxes)
            }
            return SegmentFinding(matte: matte, crops: crops.map(\.frame))
        case .classes(let segmenter, let scale, let selected):
            let map = try timing.measure("network") { try segmenter(image, scale: scale) }
            return SegmentFinding(map: map, selected: selected)
        }
    }
}

/// The result for one image.
struct SegmentFinding {
    /// The foreground; nil if the network has several classes and none is selected.
    let matte: Matte?
    /// The class of each pixel, computed on demand.
    var map: SegmentationMap { classMap ?? matte!.map }
    private let classMap: SegmentationMap?
    /// Of the map.
    let labels: SegmentationLabels
    let classes: [SegmentedClass]
    /// The classes whose outlines are written.
    let outlined: Set<Int>
    /// Whether the matte is of a person, with soft edges.
    let isPerson: Bool

    /// - Parameters:
    ///   - matte: of the persons.
    ///   - crops: the parts of the image that went through the network besides the whole.
    init(matte: Matte, crops: [Box] = []) {
        self.matte = matte
        (classMap, labels) = (nil, Matte.labels)
        classes = [matte.segmentedClass].compactMap { $0 }.map { person in
            var person = person
            person.crops = crops
            return person
        }
        outlined = [1]
        isPerson = true
    }

    init(map: SegmentationMap, selected: Set<Int>?) {
        matte = selected.map { map.matte(of: $0) }
        (classMap, labels) = (selected.map { map.keeping($0) } ?? map, map.labels)
        classes = map.classes(selected)
        outlined = selected ?? Set(map.labels.names.indices)
        isPerson = false
    }
}

/// Options that do not fit the network.
enum SegmentUsageError: ToolkitError {
    case classesOfPerson
    case cropsOfClasses
    case noForeground(option: String)
    case backgroundNotFound(String)

    var description: String {
        switch self {
        case .classesOfPerson:
            "--classes: the network for persons has no other class; choose another with --model"
        case .cropsOfClasses:
            "--person-crops: only the network for persons looks at each of them on its own; leave it away"
        case .noForeground(let option):
            "--\(option): this network has several classes; select the foreground with --classes"
        case .backgroundNotFound(let text):
            "--background \(text.escapedForDisplay): there is no such file; an image, blur, #rrggbb or one of "
                + Color.named.map(\.key).joined(separator: ", ") + " is expected"
        }
    }
}

extension SegmentUsageError {
    var category: ErrorCategory { .usage }
}
