import CVCore

/// Adds a margin to the angle between each row and its own class: cos(θ + margin) in place of cos θ (ArcFace: Deng et al.
/// 2018, arXiv:1801.07698).
///
/// Where θ + margin is above π, the cosine would rise again: there it is cos θ - margin · sin margin, as in the authors'
/// program.
///
/// - Parameters:
///   - cosines: of the angles between embeddings and the directions of the classes, [N, classes].
///   - classes: the class of each row, N.
///   - margin: in radians, from 0 to below π.
/// - Returns: [N, classes].
public func angularMargin(_ cosines: Tensor, classes: [Int], margin: Float) -> Tensor {
    let shape = cosines.shape
    precondition(
        shape.rank == 2 && shape[0] == classes.count,
        "angularMargin: [N, classes] and N classes expected, found \(shape) and \(classes.count)")
    precondition(classes.allSatisfy { $0 >= 0 && $0 < shape[1] }, "angularMargin: classes \(classes) of \(shape[1])")
    precondition((0..<Float.pi).contains(margin), "angularMargin: \(margin), 0 to below π expected")
    let input = cosines.detached
    func changed(_ values: Tensor, _ change: (_ value: Float, _ cosine: Float) -> Float) -> Tensor {
        Tensor(shape: shape, from: values, input) { y in
            values.withValues { values in
                input.withValues { cosines in
                    _ = y.initialize(from: values)
                    for (row, label) in classes.enumerated() {
                        let index = row * shape[1] + label
                        y[index] = change(values[index], cosines[index])
                    }
                }
            }
        }
    }
    let angle = MarginAngle(margin)
    return changed(input) { _, cosine in angle.cosine(cosine) }.recorded(
        as: .angularMargin(classes: classes, margin: margin),
        (cosines, { changed($0) { dy, cosine in dy * angle.slope(cosine) } }))
}

/// cos(θ + margin) as a function of cos θ.
private struct MarginAngle {
    private let cosine, sine, margin: Float

    init(_ margin: Float) { (cosine, sine, self.margin) = (cos(margin), sin(margin), margin) }

    /// The least sine: the slope at θ = 0 is infinite, and cosines are rounded.
    private static let leastSine: Float = 1e-4

    private func sine(of cosine: Float) -> Float {
        max(max(0, 1 - cosine * cosine).squareRoot(), Self.leastSine)
    }

    private func isBeyond(_ x: Float) -> Bool { x <= -cosine }

    func cosine(_ x: Float) -> Float {
        isBeyond(x) ? x - margin * sine : x * cosine - sine(of: x) * sine
    }

    func slope(_ x: Float) -> Float { isBeyond(x) ? 1 : cosine + sine * x / sine(of: x) }
}
