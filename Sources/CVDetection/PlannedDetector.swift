import CVGraph
import CVModels
import CVTensor
import Synchronization

/// A detector's network with its plans.
final class PlannedDetector: Sendable {
    private let network: DetectorNetwork
    private let engine: InferenceEngine?
    /// What the heads are, beside their tensors, for each shape of the input.
    private let heads = Mutex<[Shape: [DetectionGrid]]>([:])

    /// - Parameters:
    ///   - network: of any kind. One that looks for regions decides by values, so it has no plans.
    ///   - isTrained: whether its weights stay what they are.
    init(_ network: DetectorNetwork, isTrained: Bool = true) {
        self.network = network
        if case .regions = network {
            engine = nil
        } else {
            engine = isTrained ? InferenceEngine { network($0).flatMap(\.tensors) } : nil
        }
    }

    func callAsFunction(_ x: Tensor) -> [DetectionGrid] {
        guard let engine, x.tape == nil, !x.isShapeOnly else { return network(x) }
        let known = heads.withLock { $0[x.shape] }
        let grids = known ?? network(.shapeOnly(x.shape))
        if known == nil { heads.withLock { $0[x.shape] = grids } }
        var tensors = engine(x)[...]
        return grids.map { $0.with(&tensors) }
    }
}

extension DetectionGrid {
    /// The same head with other tensors: as many as it has, taken from the first on.
    fileprivate func with(_ tensors: inout ArraySlice<Tensor>) -> DetectionGrid {
        switch self {
        case .yolo(let grid):
            return .yolo(YOLOGrid(grid, values: tensors.removeFirst()))
        case .ssd(let grid):
            return .ssd(
                SSDGrid(
                    scores: tensors.removeFirst(), values: tensors.removeFirst(), anchors: grid.anchors,
                    inputWidth: grid.inputWidth, inputHeight: grid.inputHeight))
        case .keypoints(let grid):
            let scores = grid.scores.map { _ in tensors.removeFirst() }
            return .keypoints(
                KeypointGrid(
                    scores: scores, values: tensors.removeFirst(), anchors: grid.anchors, stride: grid.stride,
                    coding: grid.coding))
        case .regions: preconditionFailure("a network that looks for regions has no plan")
        }
    }
}
