import CKernels
import CVCore

/// Elementwise sum of two tensors of one shape.
public func + (a: Tensor, b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "\(a.shape) + \(b.shape): the shapes differ")
    return Tensor(shape: a.shape) { y in
        a.withValues { a in
            b.withValues { b in
                Parallel.forRanges(a.count, grain: 1 << 14) { range in
                    let start = range.lowerBound
                    cvk_add(
                        InstructionSet.current.kernel, a.baseAddress! + start, b.baseAddress! + start,
                        y.baseAddress! + start, range.count)
                }
            }
        }
    }
}

/// Pictures stacked along their channels, as `torch.cat(dim=1)`.
///
/// [N, C1, H, W], [N, C2, H, W] … -> [N, C1 + C2 + …, H, W].
public func concatenate(_ parts: [Tensor]) -> Tensor {
    precondition(!parts.isEmpty, "concatenate: nothing to concatenate")
    let shapes = parts.map { PictureShape($0.shape, for: "concatenate") }
    let first = shapes[0]
    for (part, shape) in zip(parts, shapes) {
        precondition(
            (shape.batch, shape.height, shape.width) == (first.batch, first.height, first.width),
            "concatenate: \(part.shape) does not fit \(parts[0].shape)")
    }
    let channels = shapes.reduce(0) { $0 + $1.channels }
    return Tensor(shape: [first.batch, channels, first.height, first.width]) { y in
        var to = y.baseAddress!
        for batch in 0..<first.batch {
            for (part, shape) in zip(parts, shapes) {
                part.withValues { to.update(from: $0.baseAddress! + batch * shape.picture, count: shape.picture) }
                to += shape.picture
            }
        }
    }
}

/// Some of the channels, as `x[:, channels]` in PyTorch.
///
/// x: [N, C, H, W] -> [N, channels.count, H, W].
public func slice(_ x: Tensor, channels: Range<Int>) -> Tensor {
    let input = PictureShape(x.shape, for: "slice")
    precondition(
        channels.lowerBound >= 0 && channels.upperBound <= input.channels,
        "slice: channels \(channels) of \(x.shape)")
    let count = channels.count * input.plane
    return Tensor(shape: [input.batch, channels.count, input.height, input.width]) { y in
        x.withValues { x in
            for batch in 0..<input.batch {
                let from = x.baseAddress! + batch * input.picture + channels.lowerBound * input.plane
                (y.baseAddress! + batch * count).update(from: from, count: count)
            }
        }
    }
}
