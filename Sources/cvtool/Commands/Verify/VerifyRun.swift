import CLISupport
import CVCore
import CVFaces
import CVImage
import CVTask

/// One run of `cvtool verify` with two images.
struct VerifyRun {
    private let command: VerifyCommand
    private var names: [String] { command.images }

    init(_ command: VerifyCommand) { self.command = command }

    /// What came of all comparisons: the same person if any pair of faces is.
    ///
    /// - Throws: a `ToolkitError` for images or weights that cannot be read.
    func run() throws -> FaceVerification.Outcome {
        var files = RunFiles()
        files.read(names)
        command.settings.networks.addFiles(to: &files)
        files.write(command.output, by: "-o")
        try files.check(force: command.writing.force)
        let verifier = try command.settings.makeVerifier()
        let images = try names.map { try command.reading.read(argument: $0) }
        let faces = try zip(images, names).map { try verifier.faces(in: $0, named: $1) }
        remark(on: faces)
        let results = comparisons(verifier, faces)
        for result in results { try writeLine(command.json ? result.json.text : result.text) }
        if let path = command.output {
            try files.makeFolders()
            try command.writing.write(results[0].drawing(of: images), to: path)
            if !command.quiet { StandardError.write("wrote \(path.escapedForDisplay)\n") }
        }
        let outcomes = results.map(\.verification.outcome)
        return outcomes.contains(.same) ? .same : outcomes[0]
    }

    private func comparisons(_ verifier: FaceVerifier, _ faces: [[FaceVerifier.EmbeddedFace]]) -> [PairResult] {
        func result(_ first: Int, _ second: Int, showsFaces: Bool) -> PairResult {
            let pair = [(faces[0], first), (faces[1], second)].map { $0.indices.contains($1) ? $0[$1] : nil }
            return PairResult(
                names: (names[0], names[1]), verification: verifier.compare(pair[0], pair[1]),
                metric: verifier.embedder.model.metric, numbers: showsFaces ? (first + 1, second + 1) : nil)
        }
        guard command.all, !faces[0].isEmpty, !faces[1].isEmpty else {
            let numbers = command.face
            return [result((numbers?.first ?? 1) - 1, (numbers?.second ?? 1) - 1, showsFaces: numbers != nil)]
        }
        return faces[0].indices.flatMap { first in
            faces[1].indices.map { result(first, $0, showsFaces: true) }
        }
    }

    /// Says which of several faces counts.
    private func remark(on faces: [[FaceVerifier.EmbeddedFace]]) {
        if command.quiet || command.all || command.face != nil { return }
        for (name, found) in zip(names, faces) where found.count > 1 {
            StandardError.write(
                "\(name.escapedForDisplay): \(found.count) faces; the largest is compared (--face N takes another, --all "
                    + "all)\n")
        }
    }
}

extension FaceVerifier {
    /// As `faces(in:limit:)`; an error names the image.
    func faces(in image: Image, named name: String, limit: Int = .max) throws -> [EmbeddedFace] {
        do {
            return try faces(in: image, limit: limit)
        } catch let error as NonFiniteOutput {
            throw error.named(name)
        }
    }
}

extension FaceVerification.Outcome {
    /// With `--exit-code`.
    var exitCode: Int32 {
        switch self {
        case .same: 0
        case .different: 1
        case .noFace: 2
        }
    }
}

/// What came of one pair of images.
struct PairResult {
    let names: (String, String)
    let verification: FaceVerification
    let metric: EmbeddingModel.Metric
    /// Which faces were compared, from 1; nil for the largest.
    var numbers: (Int, Int)?
    /// Whether it is the same person; nil where that is not known.
    var truth: Bool?

    /// Whether the decision is that it is the same person.
    var isVerified: Bool { verification.outcome == .same }

    /// A line for people.
    var text: String {
        let numbers = numbers.map { [" (face \($0.0))", " (face \($0.1))"] } ?? ["", ""]
        return "\(names.0.escapedForDisplay)\(numbers[0]) and \(names.1.escapedForDisplay)\(numbers[1]): \(summary)"
    }

    /// `same person, distance 0.412 (threshold 0.637, …)`.
    var summary: String {
        let threshold = verification.threshold
        guard let distance = verification.distance else { return "no face found in \(faceless)" }
        let decision = isVerified ? "same person" : "different persons"
        return "\(decision), distance \(decimal(Double(distance), 3)) (threshold \(short(threshold.distance)), "
            + "\(threshold.origin))"
    }

    private var faceless: String {
        switch (verification.first, verification.second) {
        case (nil, nil): "both"
        case (nil, _): names.0.escapedForDisplay
        default: names.1.escapedForDisplay
        }
    }

    /// A record.
    var json: JSONValue {
        var members = [
            JSONMember("a", .string(names.0)), JSONMember("b", .string(names.1)),
            JSONMember("distance", verification.distance.map { JSONValue($0) } ?? .null),
            JSONMember("same", truth.map { .bool($0) } ?? .null), JSONMember("verified", .bool(isVerified)),
            JSONMember("outcome", .string(verification.outcome.rawValue)),
            JSONMember("metric", .string(metric.rawValue)),
            JSONMember("threshold", JSONValue(verification.threshold.distance)),
            JSONMember("threshold_origin", .string(verification.threshold.origin)),
            JSONMember("face_a", verification.first?.json ?? .null),
            JSONMember("face_b", verification.second?.json ?? .null),
        ]
        if let numbers {
            members.append(JSONMember("number_a", .integer(numbers.0)))
            members.append(JSONMember("number_b", .integer(numbers.1)))
        }
        members.append(JSONMember("error", .null))
        return .object(members)
    }

    /// Both faces side by side, the result above them.
    ///
    /// - Parameter images: the two images.
    func drawing(of images: [Image]) -> Image {
        var sheet = ContactSheet(cellWidth: 360, cellHeight: 360, columns: 2)
        let faces = [verification.first, verification.second]
        for (index, (image, face)) in zip(images, faces).enumerated() {
            let name = FileSystem.name(of: index == 0 ? names.0 : names.1)
            sheet.add(
                face.map { image.portrait(of: $0) } ?? image.withoutAlpha(),
                caption: face == nil ? name + ": no face" : name)
        }
        let pair = sheet.image
        let title: Float = 20
        var result = Image(width: pair.width, height: pair.height + 44, fill: sheet.background)
        result.paste(pair, x: 0, y: 44)
        result.drawTag(
            heading, x: 14, y: 10, size: title,
            color: verification.distance == nil
                ? Color(120, 120, 120) : isVerified ? Color(0, 130, 60) : Color(190, 40, 30))
        return result
    }

    private var heading: String {
        guard let distance = verification.distance else { return summary }
        return (isVerified ? "same person" : "different persons")
            + ": distance \(decimal(Double(distance), 3)), threshold "
            + short(verification.threshold.distance)
    }
}
