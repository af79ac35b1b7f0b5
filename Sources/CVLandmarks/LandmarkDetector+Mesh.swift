import CVGraph
import CVImage
import CVModels
import CVTask
import CVTensor
import CVWeights

extension LandmarkDetector {
    /// A detector for the points of a surface.
    ///
    /// The network sees a square whose side is 1.5 times the longer one of the object's box, as it was trained to.
    ///
    /// - Parameters:
    ///   - mesh: a network for as many points as the scheme has.
    ///   - scheme: what the points are.
    ///   - preprocessing: converts the square of an image to the network's input.
    public init(mesh: any MeshNetwork, scheme: LandmarkScheme, preprocessing: Preprocessing) {
        precondition(
            mesh.pointCount == scheme.points.count,
            "a network for \(mesh.pointCount) points, and a scheme of \(scheme.points.count)")
        precondition(
            preprocessing.width == preprocessing.height,
            "an input of \(preprocessing.width)×\(preprocessing.height), a square is expected")
        let scale = 1 / Float(preprocessing.width)
        let engine = InferenceEngine(mesh.decidesByValues ? nil : PlanOptions()) { x in
            let (points, presence) = mesh(x)
            return [points, presence]
        }
        self.init(scheme: scheme, preprocessing, .surface, fill: Self.meshFill, border: .edge) { x in
            let results = engine(x)
            let values = results[1].values + results[0].values.map { $0 * scale }
            return Tensor(values, shape: [1, values.count])
        }
    }

    private static let meshFill = 1 / 1.5

    /// Loads the network of weights for the task `.mesh`.
    init(mesh file: ModelFile) throws {
        let preprocessing = file.metadata.preprocessing
        guard preprocessing.channels != .gray, preprocessing.width == preprocessing.height else {
            throw ModelFileError(file.path, .preprocessing(expected: "a square input in color"))
        }
        guard case .mesh(let network) = try file.network() else {
            preconditionFailure("\(file.spec.name) is no network for meshes")
        }
        self.init(mesh: network, scheme: .of(network.pointCount), preprocessing: preprocessing)
    }
}
