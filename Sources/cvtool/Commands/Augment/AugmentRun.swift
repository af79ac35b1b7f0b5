import CLISupport
import CVCore
import CVDetection
import CVImage

/// One run of `cvtool augment`.
struct AugmentRun {
    private let command: AugmentCommand
    private let output: AugmentOutputOptions

    init(_ command: AugmentCommand) {
        self.command = command
        output = command.output
    }

    private struct Copy {
        /// From 0; also the stream of random numbers, so that a copy does not depend on the number of copies.
        let number: Int
        let recipe: String
        /// Nil if only the sheet is written.
        let image, labels: String?
    }

    /// - Throws: a `ToolkitError`, before anything is written wherever that can be known.
    func run() throws -> ExitStatus {
        let (copies, files) = try plan()
        let original = try readSample()
        let context = try self.context()
        try files.makeFolders()
        // Hundreds of full-size cells would need gigabytes.
        var sheet = ContactSheet(
            count: copies.count + 1, like: original.image, longerSide: copies.count < 100 ? 240 : 96)
        if output.contactSheet != nil { sheet.add(drawn(original), caption: "original") }
        let bar = ProgressBar(title: "augment", total: copies.count, quiet: output.quiet)
        defer { bar.finish() }
        do {
            for copy in copies {
                if Interruption.isRequested { return .interrupted }
                let sample = try make(copy, of: original, context)
                if output.contactSheet != nil {
                    sheet.add(drawn(sample), caption: caption(of: copy))
                }
                bar.advance()
                guard let path = copy.image else { continue }
                try bar.hidden { try StandardOutput.write("\(path.escapedForDisplay): \(copy.recipe)\n") }
            }
            if let path = output.contactSheet {
                try output.writing.write(sheet.image, to: path)
                bar.finish()
                try StandardOutput.write("\(path.escapedForDisplay): \(pluralized(copies.count, "image"))\n")
            }
        } catch StreamError.closed {
            return .success
        }
        return .success
    }

    private var writesFiles: Bool { output.contactSheet == nil || output.output != nil }

    /// The steps of each copy. Checks that the files may be written.
    private func plan() throws -> ([Copy], RunFiles) {
        let recipes = command.op.map { [$0] } ?? AugmentationKind.all.map(\.demonstration)
        let count = command.count ?? (command.op == nil ? recipes.count : 16)
        if count < recipes.count, !output.quiet {
            let others = recipes[count...].map(name).joined(separator: ", ")
            StandardError.write("left out for --count \(count): \(others)\n")
        }
        let destination = try OutputDestination(option: output.output, inputCount: count)
        let digits = max(2, "\(count)".count)
        let copies = (0..<count).map { number in
            let text = "\(number + 1)"
            let ending = "_aug" + String(repeating: "0", count: digits - text.count) + text
            return Copy(
                number: number, recipe: recipes[number % recipes.count],
                image: writesFiles ? destination.imagePath(for: command.input, ending: ending) : nil,
                labels: writesFiles && output.boxes != nil
                    ? destination.companionPath(for: command.input, ending: ending, suffix: "txt") : nil)
        }
        var files = RunFiles()
        files.read([command.input] + command.partners)
        files.read(output.boxes)
        files.write(output.contactSheet, by: "--contact-sheet")
        for copy in copies {
            files.write(copy.image, by: "copy \(copy.number + 1)")
            files.write(copy.labels, by: "the boxes of copy \(copy.number + 1)")
        }
        try files.check(force: output.writing.force)
        return (copies, files)
    }

    /// The operation; the number in the file name if all copies go through the same steps.
    private func caption(of copy: Copy) -> String {
        guard let op = command.op else { return name(of: copy.recipe) }
        return op.contains(",") ? "\(copy.number + 1)" : op
    }

    /// `rotate=12:30` is `rotate`.
    private func name(of recipe: String) -> String { String(recipe.prefix { $0 != "=" }) }

    private func readSample() throws -> Sample {
        let image = try output.images.read(argument: command.input)
        var sample = Sample(image)
        if let path = output.boxes {
            sample.boxes = try YOLOText.boxes(
                in: TextInput.read(path, maxBytes: 64 << 20), name: path, width: image.width, height: image.height)
        }
        // The strength of blur and noise is in pixels: it would not be visible on small copies of a large image.
        let longerSide = max(image.width, image.height)
        guard command.op == nil, !writesFiles, longerSide > 512 else { return sample }
        func shrunk(_ side: Int) -> Int { max(1, side * 512 / longerSide) }
        return sample.resized(width: shrunk(image.width), height: shrunk(image.height))
    }

    /// The partner images are drawn at random; they have no labels.
    private func context() throws -> AugmentationContext {
        let partners = try command.partners.map { Sample(try output.images.read(path: $0)) }
        guard !partners.isEmpty else { return AugmentationContext(border: command.border.border) }
        return AugmentationContext(border: command.border.border) { _, random in
            partners[Int(random.next() % UInt64(partners.count))]
        }
    }

    private func make(_ copy: Copy, of original: Sample, _ context: AugmentationContext) throws -> Sample {
        let recipe = try AugmentationRecipe(copy.recipe, context: context)
        var random = SplitMix64(seed: command.seed, stream: copy.number)
        let sample = recipe.pipeline(original, using: &random)
        if let path = copy.image {
            try output.writing.write(sample.image, to: path)
        }
        if let path = copy.labels {
            let text = YOLOText.text(sample.boxes, width: sample.image.width, height: sample.image.height)
            try FileOutput.write(Array(text.utf8), to: path, overwrite: output.writing.force)
        }
        return sample
    }

    /// The image with its boxes, in lines that stay visible on the small cells of the sheet.
    private func drawn(_ sample: Sample) -> Image {
        var image = sample.image
        let lineWidth = max(2, max(image.width, image.height) / 100)
        for labeled in sample.boxes {
            image.outline(labeled.box, color: Palette.color(forClass: labeled.label), lineWidth: lineWidth)
        }
        return image
    }
}
