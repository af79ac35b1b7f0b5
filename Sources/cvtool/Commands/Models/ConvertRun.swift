import CLISupport
import CVCore
import CVModels
import CVNN
import CVTask
import CVWeights

/// One run of `cvtool convert`.
struct ConvertRun {
    private let command: ConvertCommand
    /// Names of tensors that are left out.
    private static let shown = 4

    init(_ command: ConvertCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for whatever makes it impossible; nothing is written then.
    func run() throws -> ExitStatus {
        var files = RunFiles()
        files.read(command.checkpoint)
        files.read(command.labels)
        files.write(command.output, by: "-o")
        try files.check(force: command.force)
        let labels = try command.labels.map { try LabelFile.read($0) }
        let checkpoint = try Checkpoint(path: command.checkpoint)
        warnIfRenamed(command.model)
        let conversion = try CheckpointConversion(
            checkpoint, to: ModelRegistry.spec(named: command.model), classes: command.classes,
            channels: command.images.channels?.count, size: command.images.size.map { ($0.height, $0.width) },
            isHeadless: command.features, mapping: command.keys.mapping)
        let preprocessing = try command.images.applied(to: conversion.defaultPreprocessing)
        let bar = ProgressBar(title: "convert", total: conversion.tensors.count, quiet: command.quiet)
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
        try files.makeFolders()
        try FileOutput.write(bytes, to: command.output, overwrite: command.force)
        bar.finish()
        if !command.quiet { report(checkpoint, conversion, preprocessing, bytes: bytes.count) }
        return .success
    }

    private func report(
        _ checkpoint: Checkpoint, _ conversion: CheckpointConversion, _ preprocessing: Preprocessing, bytes: Int
    ) {
        let found =
            checkpoint.wrappers.map { "the dictionary \(quoted($0))" }
            + (checkpoint.prefix.isEmpty ? [] : ["the prefix \(quoted(checkpoint.prefix)) of all names"])
            + (conversion.droppedPrefix.isEmpty ? [] : ["the prefix \(quoted(conversion.droppedPrefix))"])
        if !found.isEmpty { StandardError.write("taken off: \(found.joined(separator: ", "))\n") }
        let out = conversion.leftOut
        if !out.isEmpty {
            let names = out.prefix(Self.shown).map { quoted($0) }.joined(separator: ", ")
            StandardError.write(
                "left out: \(names)\(out.count > Self.shown ? " and \(out.count - Self.shown) more" : "")\n")
        }
        StandardError.write(
            "\(conversion.spec.name): \(pluralized(conversion.tensors.count, "tensor")), "
                + (conversion.spec.hasClasses ? "classes: \(conversion.labelCount), " : "")
                + "input \(conversion.input)\n")
        StandardError.write("preprocessing: \(preprocessing.json.text)\n")
        if command.labels == nil, conversion.spec.hasClasses, conversion.labelCount > 0 {
            StandardError.write("the classes are called by their numbers; --labels FILE names them\n")
        }
        StandardError.write("wrote \(command.output.escapedForDisplay) (\(readableBytes(bytes)))\n")
    }
}
