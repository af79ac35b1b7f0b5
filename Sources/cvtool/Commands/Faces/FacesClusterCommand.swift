import ArgumentParser
import CLISupport
import CVCore
import CVFaceDatabase
import CVFaces
import CVImage
import CVTask

/// `cvtool faces cluster`: parses and checks; `FacesClusterRun` does the work.
struct FacesClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Group the faces of images by person, without any names.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Finds all faces of all images and groups them: as long as the mean distance between the faces of two groups is at \
            most the threshold, the two become one. Prints a line for each group, the largest first, and draws a contact \
            sheet for each: person1_sheet.jpg, person2_sheet.jpg, … Faces that are alone share single_sheet.jpg.

            EXAMPLES
              cvtool faces cluster holiday/ --recursive -o people/
              cvtool faces cluster photos/ --threshold 0.5
              cvtool faces cluster photos/ --json --no-image

            EXIT CODES
              0    all inputs done
              1    failed
              2    some of several inputs failed; the faces of the others are grouped
              64   the arguments make no sense
              130  interrupted (Ctrl-C); the faces found until then are grouped
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Networks and decision") var networks: FaceNetworkOptions
    @OptionGroup(title: "Networks and decision") var threshold: FaceThresholdOptions

    @Option(
        name: .shortAndLong,
        help: .init(
            "A folder for the contact sheets, made if missing. (default: the current folder)", valueName: "folder"))
    var output: String?

    @Flag(help: "Print JSON instead: for each group one object on one line.")
    var json = false

    @Flag(help: "Draw no contact sheets.")
    var noImage = false

    @OptionGroup var common: ResultOutputOptions

    func validate() throws { try checkAreNames(["-o": output], besides: "the list of groups") }

    func run() throws { try perform(threads: networks.finding.threads) { try FacesClusterRun(self).run() } }
}

/// One run of `cvtool faces cluster`: the images one by one, then all their faces.
struct FacesClusterRun {
    private let command: FacesClusterCommand

    init(_ command: FacesClusterCommand) { self.command = command }

    /// A face that was found, with a thumbnail of it, encoded to take little memory.
    private struct FoundFace {
        let input: String
        let face: Face
        let embedding: [Float]
        let thumbnail: [UInt8]
    }

    /// Sides of the thumbnails on a sheet, in pixels.
    private static let thumbnailSide = 160
    /// Of one sheet: more would make an image that nothing shows.
    private static let mostFacesOfSheet = 400

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus { try untilOutputIsClosed(runAll) }

    private func runAll() throws -> ExitStatus {
        // A name with a suffix would be that of one image.
        let folder = try OutputDestination(option: command.output.map { $0 + "/" }, inputCount: 1)
        var files = command.input.files
        command.networks.addFiles(to: &files)
        let inputs = command.input.expanded
        files.read([], expanded: inputs)
        if !command.noImage {
            files.write([
                PlannedOutput(input: "-o", path: folder.path(for: "person", ending: ""), isSeries: true),
                PlannedOutput(input: "-o", path: folder.path(for: "single", ending: "_sheet.jpg")),
            ])
        }
        try files.check(force: command.common.writing.force)
        var verifier = try command.networks.makeVerifier()
        command.threshold.apply(to: &verifier)
        // Animals and things are no group of people.
        verifier.options.fallbackConfidence = nil
        if !command.noImage { try files.makeFolders() }

        var found: [FoundFace] = []
        let loop = InputLoop(title: "cluster", quiet: command.common.quiet)
        let summary = try loop.forEach(inputs) { input in
            let image = try command.input.images.read(input)
            for face in try verifier.faces(in: image) {
                let thumbnail = command.noImage ? [] : try image.thumbnail(of: face.face, side: Self.thumbnailSide)
                found.append(
                    FoundFace(
                        input: input.name, face: face.face, embedding: face.embedding.values, thumbnail: thumbnail))
            }
        }
        let clustering = try FaceClustering(
            found.map(\.embedding), model: verifier.embedder.model, threshold: verifier.threshold.distance)
        try report(clustering.clusters.map { $0.map { found[$0] } }, folder)
        return loop.end(summary)
    }

    private func report(_ groups: [[FoundFace]], _ folder: OutputDestination) throws {
        if groups.isEmpty, !command.common.quiet { StandardError.write("no face found\n") }
        for (index, group) in groups.enumerated() {
            let sheet =
                group.count > 1 && !command.noImage
                ? folder.path(for: "person", ending: "\(index + 1)_sheet.jpg") : nil
            if let sheet { try draw(group, to: sheet) }
            try writeLine(command.json ? json(group, index + 1, sheet).text : text(group, index + 1))
        }
        let singles = groups.filter { $0.count == 1 }.flatMap { $0 }
        if !singles.isEmpty, !command.noImage {
            try draw(singles, to: folder.path(for: "single", ending: "_sheet.jpg"))
        }
        guard !groups.isEmpty, !command.noImage, !command.common.quiet else { return }
        StandardError.write("wrote contact sheets in \(folder.folder.escapedForDisplay)\n")
    }

    private func text(_ group: [FoundFace], _ number: Int) -> String {
        let names = group.map(\.input.escapedForDisplay).joined(separator: ", ")
        return "person \(number): \(pluralized(group.count, "face")): \(names)"
    }

    private func json(_ group: [FoundFace], _ number: Int, _ sheet: String?) -> JSONValue {
        [
            "person": .integer(number),
            "faces": .array(
                group.map {
                    [
                        "input": .string($0.input), "confidence": JSONValue($0.face.confidence),
                        "box": $0.face.box.json,
                    ]
                }),
            "sheet": sheet.map { .string($0) } ?? .null,
        ]
    }

    private func draw(_ faces: [FoundFace], to path: String) throws {
        let side = Self.thumbnailSide
        let shown = faces.prefix(Self.mostFacesOfSheet)
        var sheet = ContactSheet(
            count: shown.count, like: Image(width: side, height: side, fill: .white), longerSide: side)
        for face in shown {
            sheet.add(try Image(data: face.thumbnail), caption: FileSystem.name(of: face.input))
        }
        if shown.count < faces.count {
            warn("\(path.escapedForDisplay): shows \(shown.count) of \(faces.count) faces")
        }
        try command.common.writing.write(sheet.image, to: path)
    }
}

extension Image {
    /// A thumbnail of a face with something around it, as a JPEG.
    fileprivate func thumbnail(of face: Face, side: Int) throws -> [UInt8] {
        let crop = cropped(to: face.box.widened(by: 0.3)) ?? self
        let scale = Double(side) / Double(max(crop.width, crop.height))
        func scaled(_ length: Int) -> Int { max(1, Int(clamping: (Double(length) * scale).rounded())) }
        return try crop.withoutAlpha().resized(
            width: scaled(crop.width), height: scaled(crop.height), filter: .bicubic
        ).encoded(as: .jpeg())
    }
}

extension Box {
    /// With a share of its sides added at each edge.
    func widened(by share: Float) -> Box {
        let (x, y) = (width * share, height * share)
        return Box(minX: minX - x, minY: minY - y, maxX: maxX + x, maxY: maxY + y)
    }
}
