import ArgumentParser
import CVFaces

/// How a command finds faces.
struct FaceFindingOptions: ParsableArguments {
    @Option(
        help: .init(
            "The network that finds faces: a name, or a .safetensors file. (default: \(FaceDetector.defaultModel))",
            valueName: "name|file"))
    var detector: String?

    @Option(
        help: .init(
            "Smallest face in pixels of the image, by its shorter side. Smaller takes longer.", valueName: "n"))
    var minSize = 20

    @OptionGroup var threads: ComputingOptions

    func validate() throws { try checkNumber("--min-size", minSize, in: 1...100_000) }

    /// - Throws: what `FaceDetector` throws.
    func makeDetector() throws -> FaceDetector { try FaceDetector(detector ?? FaceDetector.defaultModel) }

    /// Adds the files of the network.
    func addFiles(to files: inout RunFiles) { files.read(weights: detector ?? FaceDetector.defaultModel) }
}
