import CVTensor

/// The ArcFace loss: cross-entropy of cosines, with a margin added to the angle of the own class (Deng et al. 2018,
/// arXiv:1801.07698).
///
/// The classes are those of the training; what is kept of it are the embeddings, which compare anybody.
///
/// - Parameters:
///   - embeddings: of any length, [N, D].
///   - directions: one for each class, of any length, [classes, D].
///   - classes: the class of each row, N.
///   - margin: in radians, from 0 to below π.
///   - scale: the factor of the cosines, which are from -1 to 1 and as logits too near to one another.
/// - Returns: a scalar, [].
public func arcFaceLoss(
    _ embeddings: Tensor, directions: Tensor, classes: [Int], margin: Float = 0.5, scale: Float = 64
) -> Tensor {
    let cosines = linear(l2Normalized(embeddings), l2Normalized(directions))
    return crossEntropy(angularMargin(cosines, classes: classes, margin: margin) * scale, classes)
}
