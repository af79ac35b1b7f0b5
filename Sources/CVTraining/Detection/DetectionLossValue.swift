import CVModels
import CVTensor

/// The loss of a batch of a detector, and its parts.
public struct DetectionLossValue: Sendable {
    /// The sum of the parts, a scalar that a tape watches.
    public let total: Tensor
    /// The loss of boxes with its weight.
    public let box: Double
    /// The loss of objectness.
    public let objectness: Double
    /// The cross-entropy of classes.
    public let classes: Double

    /// The parts, as they are summed up.
    struct Parts {
        var box = 0.0, objectness = 0.0, classes = 0.0
    }

    /// - Parameters:
    ///   - parts: of the loss.
    ///   - grids: that it was computed from.
    ///   - gradients: its derivatives with respect to the values of each grid.
    ///   - name: of the loss.
    init(_ parts: Parts, _ grids: [YOLOGrid], _ gradients: [[Float]], name: String) {
        (box, objectness, classes) = (parts.box, parts.objectness, parts.classes)
        let rules = zip(grids, gradients).map { grid, gradient -> GradientRule in
            let slopes = Tensor(gradient, shape: grid.values.shape)
            return (grid.values, { slopes * $0.item })
        }
        let sum = Float(box + objectness + classes)
        total = Tensor([sum], shape: []).recorded(as: .loss(name), rules)
    }
}
