import CLISupport
import CVCore
import CVImage
import CVStyle

/// One run of `cvtool stylize`.
struct StylizeRun {
    private let command: StylizeCommand
    private let output: StylizeOutputOptions

    init(_ command: StylizeCommand) {
        self.command = command
        output = command.output
    }

    /// The files that will be written.
    private struct Files {
        let result: String
        var run = RunFiles()
        /// `stylized.jpg` after 50 steps is `stylized_00050.jpg`.
        func saved(_ step: Int) -> String {
            let digits = "\(step)"
            return FileSystem.join(
                FileSystem.folder(of: result),
                FileSystem.stem(of: result) + "_" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
                    + "."
                    + (FileSystem.suffix(of: result) ?? "jpg"))
        }
    }

    /// - Throws: a `ToolkitError`, before the work wherever that can be known.
    func run() throws -> ExitStatus {
        let transfer = try StyleTransfer(command.tuning.model)
        let options = try options(transfer)
        let content = try read(command.content)
        let styles = try readStyles()
        let plan = try transfer.plan(content, styles: styles, options: options)
        let files = try files(plan)
        if let available = availableMemoryBytes() {
            try transfer.check(plan, available: available, content, styles: styles, options: options)
        }
        try files.run.makeFolders()
        let display = StylizeDisplay(plan, options, quiet: output.quiet)
        defer { display.finish() }
        let result = try transfer(content, styles: styles, options: options) { step in
            display.show(step)
            if let every = output.saveEvery, step.made % every == 0, step.made < plan.steps {
                try write(step.image, to: files.saved(step.made))
            }
            return !Interruption.isRequested
        }
        display.finish()
        return try end(result, files, plan, display.seconds)
    }

    private func options(_ transfer: StyleTransfer) throws -> StyleOptions {
        var options = StyleOptions()
        command.resultOptions.apply(to: &options)
        (options.styleScale, options.styleBlur) = (command.mixing.styleScale, command.mixing.styleBlur)
        try command.tuning.apply(to: &options, known: transfer.layerNames)
        switch command.resultOptions.start {
        case "content": options.start = .content
        case "noise": options.start = .noise
        case let path: options.start = .image(try read(path))
        }
        return options
    }

    private func read(_ path: String) throws -> Image {
        try path == "-" ? output.images.read(.standardInput) : output.images.read(path: path)
    }

    private func readStyles() throws -> [StyleSource] {
        let mixing = command.mixing
        let blend = try mixing.blend()
        return try command.styles.enumerated().map { index, path in
            StyleSource(
                try read(path), weight: blend.isEmpty ? 1 : blend[index],
                region: mixing.contentMask.isEmpty ? nil : try read(mixing.contentMask[index]),
                part: mixing.styleMask.isEmpty ? nil : try read(mixing.styleMask[index]))
        }
    }

    /// - Throws: `OutputError` for those that may not be written, or cannot.
    private func files(_ plan: StylePlan) throws -> Files {
        let ending =
            command.styles.isEmpty || command.resultOptions.styleWeight == 0
            ? "_reconstructed" : command.styles.map { "_" + FileSystem.stem(of: $0) }.joined()
        let destination = try OutputDestination(option: output.output, inputCount: 1)
        var files = Files(result: destination.imagePath(for: command.content, ending: ending))
        let saved = output.saveEvery.map { stride(from: $0, to: plan.steps, by: $0).map(files.saved) } ?? []
        files.run.write(files.result, by: "the result")
        for (number, path) in saved.enumerated() { files.run.write(path, by: "--save-every (\(number + 1))") }
        files.run.write(output.preview, by: "--preview")
        files.run.write(output.lossPlot, by: "--loss-plot")
        files.run.read([command.content] + command.styles + command.mixing.contentMask + command.mixing.styleMask)
        files.run.read(weights: command.tuning.model)
        if !["content", "noise"].contains(command.resultOptions.start) { files.run.read(command.resultOptions.start) }
        try files.run.check(force: output.force)
        return files
    }

    private func write(_ image: Image, to path: String) throws {
        try image.write(to: path, quality: output.quality, overwrite: output.force)
    }

    private func end(_ result: StyleResult, _ files: Files, _ plan: StylePlan, _ seconds: Double) throws -> ExitStatus {
        try write(result.image, to: files.result)
        if let path = output.preview { try write(sheet(result), to: path) }
        if let path = output.lossPlot { try write(plot(result), to: path) }
        let count = result.losses.count
        if let last = result.losses.last {
            try StandardOutput.write(
                "\(files.result.escapedForDisplay): \(result.image.width) × \(result.image.height), \(last.text), "
                    + "\(pluralized(count, "step")), \(decimal(seconds, 1)) s\n")
        }
        if result.isComplete { return .success }
        StandardError.write(
            "interrupted after \(count) of \(plan.steps) steps: the image of the last step was written\n")
        return .interrupted
    }

    private func sheet(_ result: StyleResult) -> Image {
        var sheet = ContactSheet(count: result.scales.count, like: result.image, longerSide: 320)
        for scale in result.scales { sheet.add(scale.image, caption: "\(scale.image.width) × \(scale.image.height)") }
        return sheet.image
    }

    /// The losses in the units of the text, the sum that is minimized below them, and where each size begins.
    private func plot(_ result: StyleResult) -> Image {
        let resultOptions = command.resultOptions
        func line(_ name: String, _ weight: Float, _ value: (StyleLosses) -> Float) -> LinePlot.Line? {
            if weight == 0 { return nil }
            return LinePlot.Line(name, result.losses.enumerated().map { (Double($0 + 1), Double(value($1))) })
        }
        let lines = [
            line("content", resultOptions.contentWeight, \.content), line("style", resultOptions.styleWeight, \.style),
            line("smoothness", resultOptions.tvWeight, \.variation),
        ]
        let title = ([command.content] + command.styles).map { FileSystem.stem(of: $0) }.joined(separator: ", ")
        var plot = LinePlot(
            title: title, xLabel: "step",
            panels: [
                .init(yLabel: "loss", lines: lines.compactMap { $0 }, isLogarithmic: true),
                .init(
                    yLabel: "sum of the losses by their weights", lines: [line("", 1, \.total)].compactMap { $0 },
                    isLogarithmic: true),
            ])
        var step = 1
        for scale in result.scales where !scale.losses.isEmpty {
            plot.marks.append(.init(x: Double(step), label: "\(scale.image.width) × \(scale.image.height)"))
            step += scale.losses.count
        }
        return plot.image()
    }
}
