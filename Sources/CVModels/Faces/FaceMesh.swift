import CVNN
import CVTensor

/// MediaPipe's face mesh (Kartynnik et al. 2019, arXiv:1907.06724): 468 points of a face in three dimensions.
///
/// x: [N, 3, 192, 192], RGB from 0 to 1: a square of 1.5 times the side of the face, turned so that the eyes are level ->
/// points [N, 1404] in pixels of the crop, the depth in the same unit; and the logit of a face being there.
///
/// BlazeFace's blocks with parametric ReLUs; the last ones stand twice, for the points and for the presence. Keys: `stem`,
/// `stem_prelu`, `blocks.0.depthwise`, `.project`, `.prelu`, …, `points.blocks.0.depthwise`, …, `points.reduce`,
/// `points.reduce_prelu`, `points.last`, `points.head`, and the same below `presence`.
public struct FaceMesh: MeshNetwork {
    /// 468.
    public let pointCount = 468

    let stem: Conv2d
    let stemPReLU: PReLU
    let blocks: [BlazeBlock]
    let points, presence: Head

    /// Channels after each block, and its stride.
    static let settings = [
        (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (128, 2), (128, 1), (128, 1), (128, 2),
        (128, 1), (128, 1),
    ]

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        stem = Conv2d(3, 16, kernel: 3, stride: 2, samePadding: true, p.scope("stem"))
        stemPReLU = PReLU(16, p.scope("stem_prelu"))
        let scope = p.scope("blocks")
        blocks = Self.settings.enumerated().map { index, block in
            BlazeBlock(
                index == 0 ? 16 : Self.settings[index - 1].0, block.0, stride: block.1, .prelu, scope.scope("\(index)"))
        }
        points = Head(blocks: 3, 468 * 3, p.scope("points"))
        presence = Head(blocks: 1, 1, p.scope("presence"))
    }

    /// The points of a face.
    ///
    /// - Parameter x: [N, 3, 192, 192], RGB from 0 to 1.
    /// - Returns: the points [N, 1404] in pixels of the crop, and the logit [N, 1] of a face being there.
    public func callAsFunction(_ x: Tensor) -> (points: Tensor, presence: Tensor) {
        precondition(
            x.shape.rank == 4 && Array(x.shape.dimensions.dropFirst()) == [3, 192, 192],
            "FaceMesh: an input of \(x.shape), expected [N, 3, 192, 192]")
        let y = blocks.reduce(stemPReLU(stem(x))) { $1($0) }  // [128, 6, 6]
        let logit = presence(y)
        return (points(y), logit)
    }

    /// [N, 128, 6, 6] -> [N, outputs].
    struct Head: Layer {
        let blocks: [BlazeBlock]
        let reduce: Conv2d
        let reducePReLU: PReLU
        let last: BlazeBlock
        let head: Conv2d

        init(blocks count: Int, _ outputs: Int, _ p: ParameterScope) {
            blocks = (0..<count).map {
                BlazeBlock(128, 128, stride: $0 == 0 ? 2 : 1, .prelu, p.scope("blocks").scope("\($0)"))
            }
            reduce = Conv2d(128, 32, kernel: 1, p.scope("reduce"))
            reducePReLU = PReLU(32, p.scope("reduce_prelu"))
            last = BlazeBlock(32, 32, .prelu, p.scope("last"))
            head = Conv2d(32, outputs, kernel: 3, p.scope("head"))
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            let y = last(reducePReLU(reduce(blocks.reduce(x) { $1($0) })))  // [32, 3, 3]
            return Flatten()(head(y))
        }
    }
}
