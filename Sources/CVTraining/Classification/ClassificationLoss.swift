import CVModels
import CVNN
import CVTensor

/// The mean cross-entropy of a batch in training, and the logits that it is of.
///
/// To it is added that of each auxiliary head, times their weight, where a network has such heads. The network is run on the
/// tape of the pictures.
/// - Parameters:
///   - images: [N, C, H, W].
///   - labels: the classes, N of them.
///   - smoothing: as of `crossEntropy`.
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

/// The head of a classifier as a network of its own: features that were computed before -> logits.
struct ClassifierHead: Layer {
    let network: any ClassifierNetwork

    func callAsFunction(_ features: Tensor) -> Tensor { network.head(features) }
}
