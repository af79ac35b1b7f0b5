import ArgumentParser
import CVFaces

/// The networks that find and compare faces.
struct FaceNetworkOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "The networks that compare faces: names or .safetensors files, with + between. (default: "
                + "\(FaceEmbedder.defaultModel))",
            valueName: "names"))
    var model: String?

    @OptionGroup var finding: FaceFindingOptions

    @Option(
        help: .init(
            "Minimum confidence of a face, 0 to 1: all above count, and none below. (default: what networks agree upon, or "
                + "else one face at least likely)", valueName: "p"))
    var conf: Float?

    func validate() throws { try checkNumber("--conf", conf, in: 0...1) }

    /// - Throws: what the networks throw.
    func makeVerifier() throws -> FaceVerifier {
        var verifier = FaceVerifier(try finding.makeDetector(), try FaceEmbedder(model ?? FaceEmbedder.defaultModel))
        verifier.options.minimumSize = Float(finding.minSize)
        if let conf {
            verifier.options.confidence = conf
            verifier.options.fallbackConfidence = nil
        }
        return verifier
    }

    /// Adds the files of the networks.
    func addFiles(to files: inout RunFiles) {
        finding.addFiles(to: &files)
        for name in FaceEmbedder.names(in: model ?? FaceEmbedder.defaultModel) { files.read(weights: name) }
    }
}

/// How near two faces of one person are.
struct FaceThresholdOptions: ParsableArguments {
    @Option(
        help: .init(
            "Largest distance of faces of one person. (default: that of the network)", valueName: "distance"))
    var threshold: Float?

    func validate() throws { try checkNumber("--threshold", threshold, in: 0...1000) }

    /// Sets the threshold that was given.
    func apply(to verifier: inout FaceVerifier) {
        if let threshold { verifier.threshold = FaceThreshold(distance: threshold, origin: "given by --threshold") }
    }
}
