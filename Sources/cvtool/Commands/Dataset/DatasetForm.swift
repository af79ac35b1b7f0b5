import ArgumentParser
import CLISupport
import CVCore
import CVTraining

/// The form that a data set is written in.
enum DatasetForm: String, CaseIterable, ExpressibleByArgument {
    case voc, yolo, coco, csv, folders, masks, json

    init(_ format: DetectionFormat) { self = DatasetForm(rawValue: format.rawValue)! }

    /// What it is called in messages.
    func title(of task: DatasetTask) -> String {
        switch self {
        case .voc, .yolo, .coco: DetectionFormat(rawValue: rawValue)!.title
        case .csv: task == .detect ? DetectionFormat.csv.title : "images and list.csv"
        case .folders: "class folders"
        case .masks: "images and masks"
        case .json: "images and keypoints.json"
        }
    }
}

extension DatasetTask {
    /// The forms that sets for the task are written in, the usual one first.
    var forms: [DatasetForm] {
        switch self {
        case .detect: [.voc, .yolo, .coco, .csv]
        case .classify: [.csv, .folders]
        case .segment: [.masks]
        case .landmarks: [.json]
        }
    }
}

/// Where a data set is written.
struct DatasetOutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("The new folder.", valueName: "folder"))
    var output: String

    @Flag(help: "Write to a folder that is not empty, and overwrite files there.")
    var force = false

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only errors.")
    var quiet = false

    private struct Interrupted: Error {}

    /// Writes a set with its images.
    ///
    /// - Parameters:
    ///   - set: of any task.
    ///   - form: nil for that of a set for detection, or else the usual one of the task.
    ///   - parts: of each image.
    ///   - data: where the set was read from.
    /// - Throws: a `ToolkitError`, or `ValidationError` for a form of another task.
    func write(_ set: AnyDataset, as form: DatasetForm?, parts: [DatasetPart?], data: String) throws -> ExitStatus {
        let form = form ?? set.detection.map { DatasetForm($0.format) } ?? set.task.forms[0]
        guard set.task.forms.contains(form) else {
            let known = set.task.forms.map(\.rawValue).joined(separator: ", ")
            throw ValidationError(
                "--to \(form.rawValue): the set is for \(set.task.title), which is written as \(known).")
        }
        try checkFolder(set, data: data)
        let bar = ProgressBar(title: "write", total: set.images.items.count, quiet: quiet)
        defer { bar.finish() }
        do {
            try write(set, form, parts) { _ in
                if Interruption.isRequested { throw Interrupted() }
                bar.advance()
            }
        } catch is Interrupted {
            return .interrupted
        }
        if !quiet { StandardError.write("wrote \(output.escapedForDisplay): \(form.title(of: set.task))\n") }
        return .success
    }

    private func write(
        _ set: AnyDataset, _ form: DatasetForm, _ parts: [DatasetPart?], progress: (_ done: Int) throws -> Void
    ) throws {
        if let detection = set.detection, let format = DetectionFormat(rawValue: form.rawValue) {
            let writer = DetectionWriter(detection, parts: parts)
            if writer.lostCrowds > 0, format == .yolo || format == .csv {
                warn(
                    "\(pluralized(writer.lostCrowds, "crowd")) cannot be written as \(format.title), and "
                        + "\(writer.lostCrowds == 1 ? "is" : "are") left out")
            }
            return try writer.write(as: format, to: output, overwrite: force, progress: progress)
        }
        let kind: ImageDatasetWriter.Form =
            switch form {
            case .masks: .masks
            case .folders: .folders
            default: set.scheme.map { .keypoints($0) } ?? .list
            }
        try ImageDatasetWriter(set.images, kind, parts: parts).write(
            to: output, overwrite: force, progress: progress)
    }

    /// The folder of the set would be overwritten while it is read.
    private func checkFolder(_ set: AnyDataset, data: String) throws {
        guard FileSystem.identity(of: output) == nil || FileSystem.identity(of: output) != FileSystem.identity(of: data)
        else { throw ValidationError("-o \(output): is the folder of the set itself; name another one.") }
        guard force || FileSystem.isMissingOrEmpty(output) else {
            throw EvaluationInputError.folderInUse(output, option: "-o")
        }
        var files = RunFiles()
        files.read(set.images)
        files.read(data)
        for name in ["data.yaml", "annotations.csv", "list.csv", "keypoints.json", "classes.txt"] {
            files.write(FileSystem.join(output, name), by: "--output")
        }
        try files.check(force: true)
    }
}
