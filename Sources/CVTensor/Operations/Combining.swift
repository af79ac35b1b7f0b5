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
    let joined = Tensor(shape: [first.batch, channels, first.height, first.width]) { y in
        var to = y.baseAddress!
        for batch in 0..<first.batch {
            for (part, shape) in zip(parts, shapes) {
                part.withValues { to.update(from: $0.baseAddress! + batch * shape.picture, count: shape.picture) }
                to += shape.picture
            }
        }
    }
    var start = 0
    return joined.recorded(
        zip(parts, shapes).map { part, shape in
            let range = start..<start + shape.channels
            start += shape.channels
            return (part, { slice($0, channels: range) })
        })
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
    let y = Tensor(shape: [input.batch, channels.count, input.height, input.width]) { y in
        x.withValues { x in
            for batch in 0..<input.batch {
                let from = x.baseAddress! + batch * input.picture + channels.lowerBound * input.plane
                (y.baseAddress! + batch * count).update(from: from, count: count)
            }
        }
    }
    let total = input.channels
    return y.recorded((x, { widened($0, to: total, from: channels.lowerBound) }))
}

/// The picture with channels of zeros before and after: the gradient of `slice`.
private func widened(_ dy: Tensor, to channels: Int, from first: Int) -> Tensor {
    let part = PictureShape(dy.shape, for: "slice gradient")
    return Tensor(shape: [part.batch, channels, part.height, part.width]) { dx in
        dx.initialize(repeating: 0)
        dy.withValues { dy in
            for batch in 0..<part.batch {
                let to = dx.baseAddress! + (batch * channels + first) * part.plane
                to.update(from: dy.baseAddress! + batch * part.picture, count: part.picture)
            }
        }
    }
}
