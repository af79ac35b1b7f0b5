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

    /// Short names of models.
    private static let names = ["person": PersonSegmenter.defaultModel, "camvid": "unet-camvid"]

    /// The name or path of the weights that `--model` means.
    static func weightsName(of model: String) -> String { names[model] ?? model }

    init(_ options: SegmenterOptions) throws {
        let path = try WeightsLocator().find(Self.weightsName(of: options.model))
        let model = try SafetensorsHeader.read(path).metadata[WeightsMetadata.Key.model.rawValue]
        if model == PersonSegmenter.defaultModel {
            guard options.classes.isEmpty else { throw SegmentUsageError.classesOfPerson }
            self = .person(try PersonSegmenter(path, detector: options.noPersonCheck ? nil : Detector()))
        } else {
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
        if case .person = self { "no person found" } else { "nothing of these classes found" }
    }

    /// Whether the foreground is defined.
    var hasForeground: Bool {
        if case .classes(_, _, nil) = self { false } else { true }
    }

    /// Segments `image`.
    func found(in image: Image, _ timing: Timing) throws -> SegmentFinding {
        switch self {
        case .person(let segmenter):
            let persons = try timing.measure("detector") { try segmenter.findPersons(in: image) }
            if let persons, persons.isEmpty {
                return SegmentFinding(matte: .empty(width: image.width, height: image.height))
            }
            let input = timing.measure("resize") { segmenter.prepare(image) }
            let logits = try timing.measure("network") { try segmenter.run(input) }
            let matte = timing.measure("refine") { segmenter.refine(logits, of: image, near: persons) }
            return SegmentFinding(matte: matte)
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

    init(matte: Matte) {
        self.matte = matte
        (classMap, labels) = (nil, Matte.labels)
        classes = matte.segmentedClass.map { [$0] } ?? []
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
    case noForeground(option: String)
    case backgroundNotFound(String)

    var description: String {
        switch self {
        case .classesOfPerson:
            "--classes: the network for persons has no other class; choose another with --model"
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
