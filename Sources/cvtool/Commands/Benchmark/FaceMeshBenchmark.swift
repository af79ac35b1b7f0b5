import CVCore
import CVDetection
import CVFaces
import CVImage
import CVLandmarks

/// A face in an image, and its mesh: the whole image in one view, one look at the face.
struct FaceMeshBenchmark {
    private let path: String
    private let image: Image
    private let detector: Detector
    private let mesh: LandmarkDetector

    /// - Parameters:
    ///   - path: of an image with a face.
    ///   - detector: of faces.
    ///   - mesh: weights of a network for the points of a face.
    /// - Throws: what reading the image and the weights throws.
    init(path: String, _ detector: Detector, mesh: String) throws {
        self.path = path
        image = try Image(contentsOf: path)
        self.detector = detector
        self.mesh = try LandmarkDetector(mesh)
    }

    /// - Throws: `NonFiniteOutput`; `NoFace` for an image in which no face is found.
    func steps(runs: Int) throws -> [BenchmarkStep] {
        let options = LandmarkOptions(passes: 1, mirrored: false)
        guard let face = try detect() else { throw NoFace(path: path, detector: detector.name) }
        return [
            try BenchmarkStep("faces", runs: runs) { _ = try detect() },
            try BenchmarkStep("mesh", runs: runs) { _ = try mesh.detect(image, face, options: options) },
            try BenchmarkStep("faces + mesh", runs: runs) {
                if let face = try detect() { _ = try mesh.detect(image, face, options: options) }
            },
        ]
    }

    /// The largest face.
    private func detect() throws -> Face? {
        var options = DetectionOptions()
        (options.confidence, options.iouThreshold) = (0.5, 0.3)
        return try detector.detect(image, options: options).map { Face($0) }.max { $0.box.area < $1.box.area }
    }
}

/// There is nothing to measure.
private struct NoFace: ToolkitError {
    let path: String
    let detector: String

    var description: String {
        "\(path.escapedForDisplay): \(detector.escapedForDisplay) finds no face in it, of which --mesh would measure the mesh"
    }
    var category: ErrorCategory { .invalid }
}
