import CVModels
import CVNN
import CVTensor

/// The mean cross-entropy of a batch in training.
///
/// If a network has auxiliary heads, the cross-entropy of each is added, times their weight. The network is run on the tape
/// of the images.
///
/// - Parameters:
///   - network: a classifier.
///   - images: [N, C, H, W].
///   - labels: N indices of classes.
///   - smoothing: label smoothing, as of `crossEntropy`.
/// - Returns: the loss, one element, and the logits, [N, classes].
public func classificationLoss(
    _ network: any Layer, _ images: Tensor, _ labels: [Int], smoothing: Float = 0
) -> (loss: Tensor, logits: Tensor) {
    guard let network = network as? any AuxiliaryClassifier else {
        let logits = network(images)
        return (crossEntropy(logits, labels, smoothing: smoothing), logits)
    }
    let (logits, auxiliary) = network.outputs(images)
    let loss = auxiliary.reduce(crossEntropy(logits, labels, smoothing: smoothing)) { sum, logits in
        sum + crossEntropy(logits, labels, smoothing: smoothing) * network.auxiliaryWeight
    }
    return (loss, logits)
}

/// The classification head as a network of its own: from features that were computed before to logits.
struct ClassifierHead: Layer {
    let network: any ClassifierNetwork

    func callAsFunction(_ features: Tensor) -> Tensor { network.head(features) }
}
