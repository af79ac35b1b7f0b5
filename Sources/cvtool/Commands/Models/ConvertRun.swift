import CLISupport
import CVCore
import CVModels
import CVNN
import CVTask
import CVWeights

/// One run of `cvtool convert`.
struct ConvertRun {
    private let command: ConvertCommand

    init(_ command: ConvertCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for whatever makes it impossible; nothing is written then.
    func run() throws -> ExitStatus {
        try PlannedOutput.check(
            [PlannedOutput(input: command.checkpoint, path: command.output)], inputs: [command.checkpoint],
            destination: .file(command.output), force: command.force)
        let labels = try command.labels.map { try LabelFile.read($0) }
        let checkpoint = try Checkpoint(path: command.checkpoint)
        let conversion = try ClassifierConversion(
            checkpoint, to: .named(command.model), classes: command.classes,
            channels: command.images.channels?.count,
            size: command.images.size.map { ($0.height, $0.width) })
        let preprocessing = try command.images.applied(to: conversion.defaultPreprocessing)
        let bar = ProgressBar(title: "convert", total: checkpoint.entries.count, quiet: command.quiet)
        defer { bar.finish() }
        let bytes: [UInt8]
        do {
            bytes = try conversion.safetensors(
                preprocessing: preprocessing, labels: labels, storage: command.half ? .f16 : .f32,
                source: FileSystem.name(of: command.checkpoint), sha256: checkpoint.sha256()
            ) { _ in
                bar.advance()
                if Interruption.isRequested { throw CancellationError() }
            }
        } catch is CancellationError {
            return .interrupted
        }
        if Interruption.isRequested { return .interrupted }
        try FileOutput.write(bytes, to: command.output, overwrite: command.force)
        bar.finish()
        if !command.quiet { report(checkpoint, conversion, preprocessing, bytes: bytes.count) }
        return .success
    }

    private func report(
        _ checkpoint: Checkpoint, _ conversion: ClassifierConversion, _ preprocessing: Preprocessing, bytes: Int
    ) {
        let found =
            checkpoint.wrappers.map { "the dictionary \(quoted($0))" }
            + (checkpoint.prefix.isEmpty ? [] : ["the prefix \(quoted(checkpoint.prefix)) of all names"])
        if !found.isEmpty { StandardError.write("taken off: \(found.joined(separator: ", "))\n") }
        StandardError.write(
            "\(conversion.architecture.name): \(pluralized(checkpoint.entries.count, "tensor")), "
                + "classes: \(conversion.classes), input \(conversion.input)\n")
        StandardError.write("pictures: \(preprocessing.json.text)\n")
        if command.labels == nil {
            StandardError.write("the classes are called by their numbers; --labels FILE names them\n")
        }
        StandardError.write("wrote \(command.output.escapedForDisplay) (\(readableBytes(bytes)))\n")
    }
}
