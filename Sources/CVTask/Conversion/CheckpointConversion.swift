import CVCore
import CVModels
import CVNN
import CVWeights

/// A checkpoint from elsewhere as weights of a classifier that the command runs: `cvtool convert`.
///
/// ```swift
/// let checkpoint = try Checkpoint(path: "resnet50.pth")
/// let conversion = try ClassifierConversion(checkpoint, to: .named("resnet50"))
/// let bytes = try conversion.safetensors(preprocessing: conversion.defaultPreprocessing, labels: names)
/// ```
public struct ClassifierConversion: Sendable {
    public let architecture: ClassifierArchitecture
    /// As many as the checkpoint's last layer has, if they were not given.
    public let classes: Int
    public let input: ClassifierArchitecture.Input
    private let checkpoint: Checkpoint

    /// Compares keys and shapes.
    ///
    /// classes, channels: nil takes what the checkpoint's shapes say. size: height and width, nil for the network's own.
    ///
    /// - Throws: `ConversionError` with all differences; `ArchitectureError` for a size or number of classes that the
    ///   network cannot have.
    public init(
        _ checkpoint: Checkpoint, to architecture: ClassifierArchitecture, classes: Int? = nil, channels: Int? = nil,
        size: (height: Int, width: Int)? = nil
    ) throws {
        let own = architecture.defaultInput
        let possible = channels.map { [$0] } ?? [own.channels, own.channels == 3 ? 1 : 3]
        let shapes = checkpoint.shapes
        var best: (fit: Fit, input: ClassifierArchitecture.Input)?
        for channels in possible {
            let input = ClassifierArchitecture.Input(
                channels: channels, height: size?.height ?? own.height, width: size?.width ?? own.width)
            let fit = try Fit(shapes, architecture, classes: classes, input: input)
            if best == nil || fit.difference.isEmpty { best = (fit, input) }
            if fit.difference.isEmpty { break }
        }
        guard let best else { preconditionFailure("no number of channels is possible") }
        guard best.fit.difference.isEmpty else {
            let mismatch = ParameterMismatch(declared: best.fit.declared, difference: best.fit.difference)
            throw ConversionError(
                checkpoint.path,
                .otherParameters(mismatch, model: architecture.name, others: Self.models(fitting: shapes)))
        }
        (self.checkpoint, self.architecture, input) = (checkpoint, architecture, best.input)
        self.classes = best.fit.classes
    }

    /// How the shapes of a checkpoint fit a network.
    private struct Fit {
        let classes: Int
        let declared: Int
        let difference: KeyDifference

        init(
            _ shapes: [String: [Int]], _ architecture: ClassifierArchitecture, classes: Int?,
            input: ClassifierArchitecture.Input
        ) throws(ArchitectureError) {
            try architecture.check(classes: classes ?? 1, input: input)
            self.classes = classes ?? Self.classes(shapes, architecture, input) ?? 1000
            try architecture.check(classes: self.classes, input: input)
            let expected = Self.shapes(architecture, self.classes, input, offered: shapes)
            declared = expected.count
            difference = KeyDifference(
                expected: Dictionary(uniqueKeysWithValues: expected.map { ($0.name, $0.shape) }), found: shapes)
        }

        private static func shapes(
            _ architecture: ClassifierArchitecture, _ classes: Int, _ input: ClassifierArchitecture.Input,
            offered: [String: [Int]]
        ) -> [(name: String, shape: [Int])] {
            // torchvision's checkpoints of GoogLeNet come without the auxiliary heads.
            ParameterSet.shapes(offered: Array(offered.keys)) { architecture.make(classes: classes, input: input, $0) }
                .map { ($0.name, $0.shape.dimensions) }
        }

        /// The size, in the checkpoint, of the dimension that changes with the number of classes.
        private static func classes(
            _ shapes: [String: [Int]], _ architecture: ClassifierArchitecture, _ input: ClassifierArchitecture.Input
        ) -> Int? {
            let (two, three) = (
                Self.shapes(architecture, 2, input, offered: shapes),
                Self.shapes(architecture, 3, input, offered: shapes)
            )
            for (first, second) in zip(two, three) {
                guard let dimension = first.shape.indices.first(where: { first.shape[$0] != second.shape[$0] }),
                    let found = shapes[first.name], found.count == first.shape.count, found[dimension] > 0
                else { continue }
                return found[dimension]
            }
            return nil
        }
    }

    /// The networks that these shapes are those of.
    private static func models(fitting shapes: [String: [Int]]) -> [String] {
        ClassifierArchitecture.all.filter { architecture in
            let fit = try? Fit(shapes, architecture, classes: nil, input: architecture.defaultInput)
            return fit?.difference.isEmpty ?? false
        }.map(\.name)
    }

    /// How torchvision's evaluation prepares pictures for networks of ImageNet; for the others the picture stretched to
    /// the size of the input, from 0 to 1.
    public var defaultPreprocessing: Preprocessing {
        let channels: Preprocessing.Channels = input.channels == 1 ? .gray : .rgb
        guard architecture.defaultInput.height >= 200, channels == .rgb else {
            return Preprocessing(width: input.width, height: input.height, resize: .stretch, channels: channels)
        }
        // The checkpoints that torchvision publishes for these two came from TensorFlow: its `transform_input` undoes
        // ImageNet's mean and deviation in favour of -1 to 1.
        let isCentered = ["googlenet", "inception_v3"].contains(architecture.name)
        let (mean, std): ([Double], [Double]) =
            isCentered ? ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) : ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        return Preprocessing(
            width: input.width, height: input.height, resize: .crop,
            shorterSide: Self.shorterSide(forCrop: max(input.width, input.height)),
            mean: mean.map { Float($0 * 255) }, std: std.map { Float($0 * 255) })
    }

    /// 256 for crops of 224, 342 for those of 299.
    public static func shorterSide(forCrop side: Int) -> Int { (side * 8 + 3) / 7 }

    /// The bytes of the weight file.
    ///
    /// - Parameters:
    ///   - labels: one for each class; nil calls them by their numbers.
    ///   - progress: called with the tensors read so far.
    /// - Throws: `ConversionError`, `SafetensorsError`, `PyTorchError`, `FileError`, or what `progress` throws.
    public func safetensors(
        preprocessing: Preprocessing, labels: [String]? = nil, storage: SafetensorsTensor.Storage = .f32,
        source: String? = nil, sha256: String? = nil, progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        let labels = labels ?? (0..<classes).map(String.init)
        guard labels.count == classes else {
            throw ConversionError(checkpoint.path, .wrongLabels(expected: classes, found: labels.count))
        }
        let metadata = WeightsMetadata(
            model: architecture.name, task: "classify", preprocessing: preprocessing, labels: labels, source: source,
            sha256: sha256)
        do {
            _ = try WeightsMetadata(metadata.dictionary)
        } catch {
            throw ConversionError(checkpoint.path, .metadata(error))
        }
        var tensors: [SafetensorsTensor] = []
        for entry in checkpoint.entries {
            tensors.append(
                SafetensorsTensor(
                    entry.name, shape: entry.shape, values: try checkpoint.floats(entry.name), storage: storage))
            try progress(tensors.count)
        }
        let bytes = try Safetensors.encode(tensors, metadata: metadata.dictionary, hashData: true)
        try Safetensors(bytes, file: checkpoint.path).checkFinite()
        return bytes
    }
}

/// A checkpoint that cannot become the weights of a network.
public struct ConversionError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        /// `others` are the networks that the shapes are those of.
        case otherParameters(ParameterMismatch, model: String, others: [String])
        case wrongLabels(expected: Int, found: Int)
        /// Labels or preprocessing that no file may have.
        case metadata(WeightsMetadataError)
    }

    /// The file that it is about.
    public let path: String
    public let problem: Problem

    init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    public var description: String {
        let text =
            switch problem {
            case .otherParameters(let mismatch, let model, let others):
                "as \(model): " + mismatch.description
                    + (others.isEmpty ? "" : "\n  They are those of \(others.joined(separator: " or ")).")
            case .wrongLabels(let expected, let found):
                "classes: \(expected), but names: \(found); one name a line for each class is expected"
            case .metadata(let error): error.description
            }
        return "\(path.escapedForDisplay): \(text)"
    }
}

extension ConversionError {
    public var category: ErrorCategory { .invalid }
}
