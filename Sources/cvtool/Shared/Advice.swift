import CVClassification
import CVCore
import CVDetection
import CVImage
import CVSegmentation
import CVStyle
import CVTask
import CVTraining
import CVWeights

extension ToolkitError {
    /// The message, and what to do about it with the options of this command where that is known.
    var messageWithAdvice: String { description + (advice(for: self) ?? "") }
}

/// What follows the message of an error of the library, which knows of no options; nil where there is no advice.
private func advice(for error: any ToolkitError) -> String? {
    switch error {
    case let error as FileError:
        error.problem == .exists ? "; pass --force to overwrite it, or choose another name" : nil
    case let error as WeightsNotFound: advice(for: error)
    case let error as ImageError: advice(for: error.problem)
    case let error as SafetensorsError: advice(for: error.problem)
    case let error as FilterError: advice(for: error)
    case let error as ModelFileError: advice(for: error.problem)
    case let error as ConversionError: error.fittingMapping.map { " Add:" + $0.options }
    case let error as SlidingWindowError: advice(for: error)
    case let error as FastStyleError: advice(for: error)
    case let error as DatasetError: advice(for: error.problem)
    case is NonFiniteOutput: " (cvtool weights verify)"
    case is FeatureError: " (--copies, --imgsz)"
    default: nil
    }
}

/// What is read, where a name looks like a file of another kind: there is no use in looking for it elsewhere.
private func advice(for error: WeightsNotFound) -> String? {
    guard let suffix = FileSystem.suffix(of: error.name)?.lowercased(), suffix != "safetensors",
        suffix.count <= 12, suffix.contains(where: \.isLetter)
    else { return nil }
    let conversion = ["pth", "pt", "bin", "ckpt"].contains(suffix) ? " (cvtool convert makes them from PyTorch's)" : ""
    return "\nWeights are read from .safetensors files\(conversion), those of a detector also from darknet's .cfg with "
        + ".weights; .\(suffix.escapedForDisplay) is neither."
}

private func advice(for problem: ImageError.Problem) -> String? {
    switch problem {
    case .tooLarge: " (--max-pixels)"
    case .truncated: "; --allow-truncated uses what there is of it"
    default: nil
    }
}

private func advice(for problem: SafetensorsError.Problem) -> String? {
    guard case .otherFormat(let format) = problem else { return nil }
    return switch format {
    case .pytorchZip, .pickle: ": cvtool convert FILE --model NAME -o out.safetensors"
    case .darknetWeights, .darknetConfig: ": --model net.cfg --weights net.weights"
    default: nil
    }
}

private func advice(for error: FilterError) -> String? {
    if case .doesNotFit = error { "; --padding same fits any" } else { nil }
}

private func advice(for problem: ModelFileError.Problem) -> String? {
    switch problem {
    case .otherTask(_, _, let expected) where [.classify, .segment, .stylize, .embed].contains(expected):
        " (`cvtool train` writes such)"
    case .nothingToInitializeFrom: "; leave --pretrained away"
    default: nil
    }
}

private func advice(for error: SlidingWindowError) -> String? {
    switch error {
    case .notConvolutional, .maps: " (--crop-windows)"
    case .stride(_, let multiple): multiple > 1 ? " (--crop-windows)" : nil
    case .tooLarge: " (--windows)"
    case .input, .tooSmall: nil
    }
}

private func advice(for error: FastStyleError) -> String? {
    switch error {
    case .noStyle: " by --style; --style list prints the names"
    case .unknownStyle(_, nil, _): "; --style list prints all"
    default: nil
    }
}

private func advice(for problem: DatasetError.Problem) -> String? {
    switch problem {
    case .namelessImages: return " (--person-pattern)"
    case .tooManyImagesForAllPairs: return " (--pairs FILE.csv)"
    case .tooFewPairs(.train?, _, _), .tooFewPairs(.validation?, _, _): return " (--holdout, --val-persons)"
    default: break
    }
    guard case .defects(let defects, of: _, classes: _) = problem else { return nil }
    var values: Set<UInt8> = []
    for defect in defects {
        if case .unknownValues(let found) = defect.problem { values.formUnion(found) }
    }
    if values.isEmpty { return nil }
    // A few values are borders or the like; many are masks of other classes, or images that are no masks.
    let names = values.sorted().map { "\($0)" }.joined(separator: ",")
    return values.count <= 4 ? " (--ignore \(names) adds to that)" : " (--ignore adds to that)"
}

extension KeyMapping {
    /// The options of `cvtool convert` that ask for it.
    fileprivate var options: String {
        renames.map { " --rename \($0.description.escapedForDisplay)" }.joined()
            + (strippedPrefix.map { " --strip-prefix \($0.escapedForDisplay)" } ?? "")
    }
}
