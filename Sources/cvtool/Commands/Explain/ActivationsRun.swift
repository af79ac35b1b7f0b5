import CLISupport
import CVClassification
import CVCore
import CVImage

/// One run of `cvtool activations`.
struct ActivationsRun {
    private let command: ActivationsCommand

    init(_ command: ActivationsCommand) { self.command = command }

    /// The layers, a line each.
    func list() throws -> ExitStatus {
        let layers = try command.classifier.makeClassifier().layersAndBlocks
        var table = TextTable(["layer", "units", "height", "width", ""], rightAligned: [1, 2, 3])
        for (name, shape, isBlock) in layers {
            table.add([name] + shape.dimensions.map { "\($0)" } + [isBlock ? "block of the layers above" : ""])
        }
        return try untilOutputIsClosed {
            try StandardOutput.write(table.fitted + "\n")
            return .success
        }
    }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        let (layer, unit) = (command.layer ?? "", command.unit ?? 0)
        let topActivations = try TopActivations(command.classifier.makeClassifier(), layer: layer, unit: unit)
        let path = command.output ?? "\(layer)_\(unit).png"
        var files = RunFiles()
        files.write(path, by: "-o")
        command.classifier.addFiles(to: &files)
        var inputs = InputExpander.reporting(recursive: command.recursive).expand(command.inputs)
        if command.output == nil {
            let (kept, leftOut) = files.withoutOutputs(inputs)
            leftOut.reportAsLeftOut(quiet: command.quiet)
            inputs = kept
        }
        files.read(command.inputs, expanded: inputs)
        try files.check(force: command.force)
        try files.makeFolders()
        var best = StrongestPatches(count: command.top)
        let loop = InputLoop(title: "activations", quiet: command.quiet)
        let summary = try loop.forEach(inputs) { input in
            let image = try command.images.read(input)
            if let found = try topActivations.strongest(in: image, above: best.least) {
                best.add(found, of: image, input.name)
            }
        }
        let status = loop.end(summary)
        guard !best.patches.isEmpty else {
            if !command.quiet { StandardError.write("no patch of these images activates unit \(unit) of \(layer)\n") }
            return status
        }
        try best.sheet.write(to: path, overwrite: command.force)
        if !command.quiet { StandardError.write("wrote \(path.escapedForDisplay)\n") }
        return try untilOutputIsClosed {
            try StandardOutput.write(best.patches.map { line($0) + "\n" }.joined())
            return status
        }
    }

    private func line(_ patch: StrongestPatches.Patch) -> String {
        let (value, box) = (patch.found.value, patch.found.box)
        if command.json {
            let json: JSONValue = ["input": .string(patch.input), "value": JSONValue(value), "box": box.json]
            return json.text
        }
        return "\(patch.input.escapedForDisplay): \(decimal(Double(value), 3)) at \(box.corners)"
    }
}

/// The maximally activating patches of a unit, cut out of their images.
struct StrongestPatches {
    struct Patch {
        let input: String
        let found: ActivatingPatch
        let image: Image
    }

    /// The strongest first.
    private(set) var patches: [Patch] = []
    private let count: Int

    init(count: Int) { self.count = count }

    /// The activation that a patch must exceed to be among them.
    var least: Float { patches.count < count ? -.infinity : patches.last?.found.value ?? -.infinity }

    mutating func add(_ found: ActivatingPatch, of image: Image, _ input: String) {
        guard let part = image.cropped(to: found.box) else { return }
        let position = patches.firstIndex { $0.found.value < found.value } ?? patches.count
        patches.insert(Patch(input: input, found: found, image: part.scaled(toLongerSide: Self.side)), at: position)
        patches = Array(patches.prefix(count))
    }

    /// Pixels of the longer side of a patch on the sheet.
    private static let side = 180

    var sheet: Image {
        var columns = 1
        while columns * columns < patches.count { columns += 1 }
        var sheet = ContactSheet(cellWidth: Self.side, cellHeight: Self.side, columns: columns)
        for patch in patches {
            let value = decimal(Double(patch.found.value), 2)
            sheet.add(patch.image, caption: "\(value) \(FileSystem.stem(of: patch.input))")
        }
        return sheet.image
    }
}

extension Image {
    /// Small patches are upsampled, too, bicubically: they show content, not single pixels.
    fileprivate func scaled(toLongerSide side: Int) -> Image {
        let longer = max(width, height)
        func scaled(_ length: Int) -> Int { max(1, (length * side + longer / 2) / longer) }
        return resized(width: scaled(width), height: scaled(height), filter: .bicubic)
    }
}
