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
    /// The smooth absolute error of raw values, as in Fast R-CNN; for networks that look at regions.
    case smooth

    /// Nil for errors of raw values.
    var overlap: OverlapLoss? { OverlapLoss(rawValue: rawValue) }
}

/// The loss that suits a network: that of YOLOX, that of YOLOv3 for one with anchors, or that of R-CNN.
enum DetectionObjective: Sendable {
    case cells(YOLOXLoss)
    case anchors(AnchorLoss)
    case regions(RegionLoss)

    /// - Throws: `DetectionTrainingError` for a loss that the network cannot have.
    init(_ recipe: DetectionRecipe) throws(DetectionTrainingError) {
        guard recipe.losses.contains(recipe.boxLoss) else {
            throw .loss(recipe.boxLoss.rawValue, model: recipe.model, known: recipe.losses.map(\.rawValue))
        }
        guard recipe.ratesObjects || recipe.objectness == .crossEntropy else { throw .objectness(model: recipe.model) }
        if recipe.regionKind != nil {
            var loss = RegionLoss()
            loss.objectness = recipe.objectness
            self = .regions(loss)
            return
        }
        if recipe.hasAnchors {
            var loss = AnchorLoss()
            (loss.overlap, loss.objectness) = (recipe.boxLoss.overlap, recipe.objectness)
            self = .anchors(loss)
            return
        }
        var loss = YOLOXLoss()
        (loss.overlap, loss.objectness) = (recipe.boxLoss.overlap ?? loss.overlap, recipe.objectness)
        self = .cells(loss)
    }

    /// The loss of a batch with its parts.
    ///
    /// - Parameters:
    ///   - network: that is trained.
    ///   - batch: what it is trained on.
    ///   - tape: that watches.
    /// - Returns: the loss.
    func callAsFunction(_ network: ModelNetwork, _ batch: DetectionBatch, _ tape: Tape) -> TrainingLoss {
        let x = tape.watch(batch.images)
        switch (self, network) {
        case (.cells(var loss), .detector(let network)):
            loss.hasAbsoluteError = batch.isPlain
            let value = loss(network(x), batch.boxes)
            return TrainingLoss(
                value.total, metrics: ["box": value.box, "objectness": value.objectness, "class": value.classes])
        case (.anchors(let loss), .detector(let network)):
            let value = loss(network(x), batch.boxes, width: x.shape[3], height: x.shape[2])
            return TrainingLoss(
                value.total, metrics: ["box": value.box, "objectness": value.objectness, "class": value.classes])
        case (.regions(let loss), .regions(let network)):
            let value = loss(network, x, batch.boxes, found: batch.regions, seed: batch.seed)
            return TrainingLoss(
                value.total,
                metrics: network.proposer == nil
                    ? ["box": value.boxes, "class": value.classes]
                    : ["proposal": value.objectness + value.proposals, "box": value.boxes, "class": value.classes])
        default: preconditionFailure("\(self) for \(network)")
        }
    }
}
