import CVNN
import CVTensor

/// MediaPipe's face mesh with attention (Grishchenko et al. 2020, arXiv:2006.10962): 468 points of a face, of which those of the lips and
/// around the eyes are refined, and five points of each iris.
///
/// x: [N, 3, 192, 192], RGB from 0 to 1: a square of 1.5 times the side of the face, turned so that the eyes are level ->
/// points [N, 1434] in pixels of the crop, the depth in the same unit; and the logit of a face being there.
///
/// The trunk and the head of the whole face are those of `FaceMesh`. A spatial transformer then cuts the lips and each eye out of the
/// feature maps at a quarter of the size, where the head has found them and turned level; small networks of the same blocks find the points
/// in those parts. Gradients do not flow to where the parts are cut out. Keys: `stem`, `stem_prelu`, `blocks.i`; `face.blocks.i`, `face.reduce`, `face.reduce_prelu`, `face.last`, `face.points`,
/// `face.presence`; of the parts `lips`, `right_eye` and `left_eye`: `lips.blocks.i`, `lips.contour.blocks.i`, `.reduce`,
/// `.reduce_prelu`, `.last`, `.head`, and of the eyes the same below `iris`.
public struct FaceMeshAttention: MeshNetwork {
    /// It looks at the eyes and the lips where it has found them.
    public var decidesByValues: Bool { true }

    /// 478: the 468 of the mesh, then of the right iris the center and four points around it, and those of the left one.
    public let pointCount = 478

    let stem: Conv2d
    let stemPReLU: PReLU
    let blocks: [BlazeBlock]
    let face: Neck
    let facePoints, facePresence: Conv2d
    let lips, rightEye, leftEye: Part

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        stem = Conv2d(3, 16, kernel: 3, stride: 2, samePadding: true, p.scope("stem"))
        stemPReLU = PReLU(16, p.scope("stem_prelu"))
        blocks = Self.chain(FaceMesh.settings, from: 16, p.scope("blocks"))
        let head = p.scope("face")
        face = Neck([(128, 2), (128, 1), (128, 1)], from: 128, head)
        facePoints = Conv2d(32, 468 * 3, kernel: 3, head.scope("points"))
        facePresence = Conv2d(32, 1, kernel: 3, head.scope("presence"))
        lips = Part(contour: FaceRegion.lips.points.count, hasIris: false, p.scope("lips"))
        rightEye = Part(contour: FaceRegion.rightEye.points.count, hasIris: true, p.scope("right_eye"))
        leftEye = Part(contour: FaceRegion.leftEye.points.count, hasIris: true, p.scope("left_eye"))
    }

    /// The points of a face.
    ///
    /// - Parameter x: [N, 3, 192, 192], RGB from 0 to 1.
    /// - Returns: the points [N, 1434] in pixels of the crop, and the logit [N, 1] of a face being there.
    public func callAsFunction(_ x: Tensor) -> (points: Tensor, presence: Tensor) {
        precondition(
            x.shape.rank == 4 && Array(x.shape.dimensions.dropFirst()) == [3, 192, 192],
            "FaceMeshAttention: an input of \(x.shape), expected [N, 3, 192, 192]")
        let fine = blocks[..<3].reduce(stemPReLU(stem(x))) { $1($0) }  // [32, 48, 48]
        let y = face(blocks[3...].reduce(fine) { $1($0) })  // [32, 3, 3]
        let (vertices, presence) = (Flatten()(facePoints(y)), Flatten()(facePresence(y)))
        let count = x.shape[0]
        let meshes = (0..<count).map { selectRows(vertices, [$0]).reshaped([468, 3]) }
        var faces = meshes.map { FaceMeshPoints($0) }
        for (region, part) in [(FaceRegion.lips, lips), (.rightEye, rightEye), (.leftEye, leftEye)] {
            let frames = meshes.map { mesh in
                // Of a tensor without values, where only shapes matter, anywhere.
                CropFrame(
                    around: region, of: mesh.isShapeOnly ? [Float](repeating: 0, count: 468 * 3) : mesh.values)
            }
            let (contours, irises) = part(SpatialTransformer.crops(of: fine, frames))
            for (item, frame) in frames.enumerated() {
                faces[item].refine(
                    region, selectRows(contours, [item]).reshaped([region.points.count, 2]),
                    iris: irises.map { selectRows($0, [item]).reshaped([FaceRegion.irisPoints, 2]) }, in: frame)
            }
        }
        return (stacked(faces.map(\.points), [count, pointCount * 3]), presence)
    }

    private static func chain(_ settings: [(Int, Int)], from cin: Int, _ p: ParameterScope) -> [BlazeBlock] {
        settings.enumerated().map { index, block in
            BlazeBlock(
                index == 0 ? cin : settings[index - 1].0, block.0, stride: block.1, .prelu, p.scope("\(index)"))
        }
    }

    /// Blocks, and a last one with a quarter of the channels. [N, cin, H, W] -> [N, 32, h, w].
    struct Neck: Layer {
        let blocks: [BlazeBlock]
        let reduce: Conv2d
        let reducePReLU: PReLU
        let last: BlazeBlock

        init(_ settings: [(Int, Int)], from cin: Int, _ p: ParameterScope) {
            blocks = FaceMeshAttention.chain(settings, from: cin, p.scope("blocks"))
            reduce = Conv2d(128, 32, kernel: 1, p.scope("reduce"))
            reducePReLU = PReLU(32, p.scope("reduce_prelu"))
            last = BlazeBlock(32, 32, .prelu, p.scope("last"))
        }

        func callAsFunction(_ x: Tensor) -> Tensor { last(reducePReLU(reduce(blocks.reduce(x) { $1($0) }))) }
    }

    /// [N, 128, 4, 4] -> x and y of each point, [N, 2 · points].
    struct PointsHead: Layer {
        let neck: Neck
        let head: Conv2d

        init(_ points: Int, _ p: ParameterScope) {
            neck = Neck([(128, 1), (128, 1), (128, 2), (128, 1), (128, 1)], from: 128, p)
            head = Conv2d(32, 2 * points, kernel: 2, p.scope("head"))
        }

        func callAsFunction(_ x: Tensor) -> Tensor { Flatten()(head(neck(x))) }
    }

    /// The network of a part: its crop [N, 32, 16, 16] -> points in 64ths of the crop.
    struct Part: Sendable {
        let blocks: [BlazeBlock]
        let contour: PointsHead
        let iris: PointsHead?

        init(contour points: Int, hasIris: Bool, _ p: ParameterScope) {
            blocks = FaceMeshAttention.chain(
                [(32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (128, 2)], from: 32, p.scope("blocks"))
            contour = PointsHead(points, p.scope("contour"))
            iris = hasIris ? PointsHead(FaceRegion.irisPoints, p.scope("iris")) : nil
        }

        func callAsFunction(_ x: Tensor) -> (contour: Tensor, iris: Tensor?) {
            let y = blocks.reduce(x) { $1($0) }  // [128, 4, 4]
            return (contour(y), iris?(y))
        }
    }
}
