import ArgumentParser
import CLISupport
import CVCore
import CVLandmarks
import CVTraining

/// `cvtool dataset`: a subcommand for each thing that is done with annotated images.
struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset", abstract: "Check, describe, show, convert and split data sets.",
        subcommands: [
            DatasetCheckCommand.self, DatasetStatsCommand.self, DatasetShowCommand.self, DatasetConvertCommand.self,
            DatasetSplitCommand.self,
        ])
}

/// The task that a data set is for.
enum DatasetTask: String, CaseIterable, ExpressibleByArgument {
    case detect, segment, classify, landmarks
}

/// Which data set, and how it is read.
struct DatasetOptions: ParsableArguments {
    @Argument(help: "A folder, or a data.yaml, .json, .csv or .tar file.")
    var data: String

    @Option(
        help: .init(
            "What the set is for: detect, segment, classify or landmarks. (default: what it has files for, in the order "
                + "landmarks, detect, segment, classify)", valueName: "task"))
    var task: DatasetTask?

    @Option(
        help: .init(
            "Form of a set for detection: voc, yolo, coco or csv. (default: the first that is recognized)",
            valueName: "form"))
    var format: DetectionFormat?

    func validate() throws {
        if format != nil, let task, task != .detect {
            throw ValidationError("--format goes with --task detect.")
        }
    }

    /// Reads the set.
    func read() throws -> AnyDataset { try AnyDataset(data, task ?? (format == nil ? nil : .detect), format) }
}

extension DetectionFormat: ExpressibleByArgument {}

/// A data set of any task.
struct AnyDataset {
    let task: DatasetTask
    let images: ImageDataset
    /// For detection only.
    let detection: DetectionDataset?
    /// For landmarks only.
    let scheme: LandmarkScheme?

    init(_ path: String, _ task: DatasetTask?, _ format: DetectionFormat?) throws {
        if let task {
            try self.init(path, of: task, format)
            return
        }
        for task in [DatasetTask.landmarks, .detect, .segment] {
            do {
                try self.init(path, of: task, format)
                return
            } catch let error as DatasetError where error.isOtherForm {
                continue
            }
        }
        try self.init(path, of: .classify, format)
    }

    private init(_ path: String, of task: DatasetTask, _ format: DetectionFormat?) throws {
        self.task = task
        var detection: DetectionDataset?
        var scheme: LandmarkScheme?
        switch task {
        case .detect:
            let dataset = try DetectionDataset(contentsOf: path, format: format)
            (detection, images) = (dataset, dataset.images)
        case .segment: images = try ImageDataset.segmentation(contentsOf: path)
        case .classify: images = try ImageDataset.classification(contentsOf: path)
        case .landmarks:
            let dataset = try LandmarkDataset(contentsOf: path)
            (scheme, images) = (dataset.scheme, dataset.images)
        }
        (self.detection, self.scheme) = (detection, scheme)
    }

    /// What was recognized.
    var summary: String {
        if let detection { return detection.summary }
        let classes = images.classes.map { " of \(pluralized($0.count, "class", "classes"))" } ?? ""
        return "\(task.title): \(pluralized(images.items.count, "image"))\(classes)"
    }

    /// Says what was recognized.
    func report(quiet: Bool) {
        if !quiet { StandardError.write("\(images.path.escapedForDisplay): recognized as \(summary)\n") }
    }
}

extension DatasetTask {
    var title: String {
        switch self {
        case .detect: "detection"
        case .segment: "segmentation"
        case .classify: "classification"
        case .landmarks: "landmarks"
        }
    }
}

extension DatasetError {
    /// Whether the set is most likely one for another task.
    var isOtherForm: Bool {
        switch problem {
        case .unknownDetectionForm, .unknownForm, .noLandmarks, .badLandmarkHeader, .badBoxHeader, .noImages: true
        case .badAnnotation: FileSystem.kind(of: path) == .file
        default: false
        }
    }
}
