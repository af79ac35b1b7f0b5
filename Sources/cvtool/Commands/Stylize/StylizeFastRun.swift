import CLISupport
import CVCore
import CVImage
import CVStyle
import CVTask

/// One run of `cvtool stylize --fast`: over the inputs one by one, so that memory does not grow with their number.
struct StylizeFastRun {
    private let command: StylizeCommand
    private let output: StylizeOutputOptions

    init(_ command: StylizeCommand) {
        self.command = command
        output = command.output
    }

    /// The file that belongs to an input.
    private struct StylizedFile: OutputPaths {
        let path: String

        func planned(for input: String) -> [PlannedOutput] { [PlannedOutput(input: input, path: path)] }
    }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible, before any work is done.
    func run() throws -> ExitStatus {
        let transfer = try FastStyleTransfer(command.fast.weights ?? FastStyleTransfer.defaultWeights)
        return try untilOutputIsClosed {
            if let path = command.fast.contactSheet { return try writeSheet(transfer, to: path) }
            if command.fast.isList { return try list(transfer) }
            let names = try names(of: transfer)
            return try stylize(names, transfer.stylizer(names, weights: command.mixing.blend()))
        }
    }

    private func list(_ transfer: FastStyleTransfer) throws -> ExitStatus {
        try StandardOutput.write(transfer.styles.map { $0.escapedForDisplay + "\n" }.joined())
        return .success
    }

    /// Writes the image in each style, with the names below.
    private func writeSheet(_ transfer: FastStyleTransfer, to path: String) throws -> ExitStatus {
        let names = command.fast.isList ? transfer.styles : try names(of: transfer)
        var files = RunFiles()
        files.read(command.content)
        files.read(weights: command.fast.weights ?? FastStyleTransfer.defaultWeights)
        files.write(path, by: "--contact-sheet")
        try files.check(force: output.force)
        try files.makeFolders()
        let original = try output.images.read(argument: command.content)
        let frame = StyleFrame(original, longerSide: command.resultOptions.size ?? Self.sheetSide)
        let image = original.withoutAlpha().resized(width: frame.width, height: frame.height, filter: .bicubic)
        var sheet = ContactSheet(count: names.count + 1, like: image, longerSide: Self.sheetSide)
        sheet.add(image, caption: "original")
        let bar = ProgressBar(title: "stylize", total: names.count, quiet: output.quiet)
        defer { bar.finish() }
        for name in names {
            if Interruption.isRequested { return .interrupted }
            let stylizer = try transfer.stylizer([name])
            try checkMemory(image, stylizer, command.content)
            let result = try named(command.content) { try stylizer(image) }
            sheet.add(command.resultOptions.originalColors ? result.withColors(of: image) : result, caption: name)
            bar.advance()
        }
        try sheet.image.write(to: path, quality: output.quality, overwrite: output.force)
        bar.finish()
        try StandardOutput.write("\(path.escapedForDisplay): \(pluralized(names.count, "style"))\n")
        return .success
    }

    /// Pixels of the longer side of an image on the sheet, and of the image that is stylized for it.
    private static let sheetSide = 320

    /// - Throws: `FastStyleError` for an unknown style, and if none of several is chosen.
    private func names(of transfer: FastStyleTransfer) throws -> [String] {
        let given = command.fast.names
        if given.isEmpty, transfer.styles.count > 1 { throw FastStyleError.noStyle(of: transfer.styles.count) }
        return try given.isEmpty ? transfer.styles : given.map { transfer.styles[try transfer.index(of: $0)] }
    }

    private func stylize(_ names: [String], _ stylizer: FeedForwardStylizer) throws -> ExitStatus {
        let ending = names.map { "_" + $0.asPartOfFileName }.joined()
        let arguments = [command.content] + command.styles
        var files = RunFiles()
        files.read(arguments)
        files.read(weights: command.fast.weights ?? FastStyleTransfer.defaultWeights)
        let plan = try OutputPlan(
            InputExpander.reporting(recursive: command.fast.recursive).expand(arguments),
            endings: OutputEndings(endings: [ending]), output: output.output, force: output.force,
            quiet: output.quiet, files: files,
            paths: { StylizedFile(path: $1.imagePath(for: $0, ending: ending)) })
        try plan.makeFolders()
        let loop = InputLoop(title: "stylize", quiet: output.quiet)
        return loop.end(
            try loop.forEach(plan.jobs, work: { try work($0, stylizer) }, report: { try StandardOutput.write($0) }))
    }

    /// An error with the name of its image.
    private struct NamedImageError: ToolkitError {
        let name: String
        let error: FastStyleError

        var description: String { "\(name.escapedForDisplay): \(error)" }
        var category: ErrorCategory { error.category }
    }

    /// The line about a stylized image.
    private func work(_ job: InputJob<StylizedFile>, _ stylizer: FeedForwardStylizer) throws -> String {
        let image = try resized(output.images.read(job.input))
        try checkMemory(image, stylizer, job.name)
        let start = ContinuousClock.now
        let stylized = try stylized(image, job, stylizer)
        let result = command.resultOptions.originalColors ? stylized.withColors(of: image) : stylized
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let path = job.paths?.path ?? ""
        try result.write(to: path, quality: output.quality, overwrite: output.force)
        return "\(path.escapedForDisplay): \(result.width) × \(result.height), \(decimal(seconds, 1)) s\n"
    }

    private func checkMemory(_ image: Image, _ stylizer: FeedForwardStylizer, _ name: String) throws {
        let needed = stylizer.bytes(width: image.width, height: image.height)
        guard let available = availableMemoryBytes(), needed > available else { return }
        let error = FastStyleError.notEnoughMemory(
            width: image.width, height: image.height, needed: needed, available: available)
        throw NamedImageError(name: name, error: error)
    }

    private func stylized(_ image: Image, _ job: InputJob<StylizedFile>, _ stylizer: FeedForwardStylizer) throws
        -> Image
    {
        try named(job.name) { try stylizer(image) }
    }

    private func named(_ name: String, _ work: () throws -> Image) throws -> Image {
        do {
            return try work()
        } catch let error as FastStyleError {
            throw NamedImageError(name: name, error: error)
        } catch let error as NonFiniteOutput {
            throw error.named(name)
        }
    }

    private func resized(_ image: Image) -> Image {
        guard let size = command.resultOptions.size else { return image.withoutAlpha() }
        let frame = StyleFrame(image, longerSide: size)
        return image.withoutAlpha().resized(width: frame.width, height: frame.height, filter: .bicubic)
    }
}

extension String {
    /// Letters, digits and what is harmless; the names of styles come from files.
    fileprivate var asPartOfFileName: String {
        let safe = prefix(40).map { $0.isLetter || $0.isNumber || "-+.".contains($0) ? $0 : "-" }
        return safe.allSatisfy({ $0 == "." }) ? "style" : String(safe)
    }
}
