import CVModels
import CVNN
import CVTensor

/// How the boxes of a detector are compared with the true ones.
public enum BoxLoss: String, Sendable, CaseIterable {
    /// The errors of raw values, as in YOLOv3's paper; for networks with anchors.
    case squared
    /// 1 - IoU.
    case iou
    /// 1 - IoU².
    case squaredIoU = "squared-iou"
    /// With what lies between boxes that do not meet.
    case giou
    /// With the distance of centers, and the proportions.
    case ciou

    /// Nil for errors of raw values.
    var overlap: OverlapLoss? { OverlapLoss(rawValue: rawValue) }
}

/// The loss that suits a network: that of YOLOX, or that of YOLOv3 for one with anchors.
enum DetectionObjective: Sendable {
    case cells(YOLOXLoss)
    case anchors(AnchorLoss)

    /// - Throws: `DetectionTrainingError` for a loss that the network cannot have.
    init(_ recipe: DetectionRecipe) throws(DetectionTrainingError) {
        if recipe.hasAnchors {
            var loss = AnchorLoss()
            (loss.overlap, loss.objectness) = (recipe.boxLoss.overlap, recipe.objectness)
            self = .anchors(loss)
            return
        }
        guard let overlap = recipe.boxLoss.overlap else {
            throw .loss(recipe.boxLoss.rawValue, model: recipe.model)
        }
        var loss = YOLOXLoss()
        (loss.overlap, loss.objectness) = (overlap, recipe.objectness)
        self = .cells(loss)
    }

    /// The loss of a batch with its parts.
    ///
    /// - Parameters:
    ///   - grids: the outputs of the network.
    ///   - batch: that they were computed from.
    /// - Returns: the loss.
    func callAsFunction(_ grids: [YOLOGrid], _ batch: DetectionBatch) -> TrainingLoss {
        switch self {
        case .cells(var loss):
            loss.hasAbsoluteError = batch.isPlain
            let value = loss(grids, batch.boxes)
            return TrainingLoss(
                value.total, metrics: ["box": value.box, "objectness": value.objectness, "class": value.classes])
        case .anchors(let loss):
            let (height, width) = (batch.images.shape[2], batch.images.shape[3])
            let value = loss(grids, batch.boxes, width: width, height: height)
            return TrainingLoss(
                value.total, metrics: ["box": value.box, "objectness": value.objectness, "class": value.classes])
        }
    }
}
