/// Pictures stacked along their channels, as `torch.cat(dim=1)`.
///
/// [N, C1, H, W], [N, C2, H, W] … -> [N, C1 + C2 + …, H, W].
public func concatenate(_ parts: [Tensor]) -> Tensor {
    precondition(!parts.isEmpty, "concatenate: nothing to concatenate")
    let shapes = parts.map { ImageShape($0.shape, for: "concatenate") }
    let first = shapes[0]
    for (part, shape) in zip(parts, shapes) {
        precondition(
            (shape.batch, shape.height, shape.width) == (first.batch, first.height, first.width),
            "concatenate: \(part.shape) does not fit \(parts[0].shape)")
    }
    let channels = shapes.reduce(0) { $0 + $1.channels }
    let shapeOnly = parts.first { $0.isShapeOnly }
    let joined = Tensor(shape: [first.batch, channels, first.height, first.width], from: parts[0], shapeOnly) { y in
        var to = y.baseAddress!
        for batch in 0..<first.batch {
            for (part, shape) in zip(parts, shapes) {
                part.withValues { to.update(from: $0.baseAddress! + batch * shape.image, count: shape.image) }
                to += shape.image
            }
        }
    }
    var start = 0
    return joined.recorded(
        as: .concatenate(axis: 1),
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
    let input = ImageShape(x.shape, for: "slice")
    precondition(
        channels.lowerBound >= 0 && channels.upperBound <= input.channels,
        "slice: channels \(channels) of \(x.shape)")
    let count = channels.count * input.plane
    let y = Tensor(shape: [input.batch, channels.count, input.height, input.width], from: x) { y in
        x.withValues { x in
            for batch in 0..<input.batch {
                let from = x.baseAddress! + batch * input.image + channels.lowerBound * input.plane
                (y.baseAddress! + batch * count).update(from: from, count: count)
            }
        }
    }
    let after = input.channels - channels.upperBound
    return y.recorded(
        as: .slice(axis: 1, range: channels), (x, { padChannels($0, before: channels.lowerBound, after: after) }))
}

/// Channels of zeros before and after those of x, as `torch.nn.functional.pad(x, (0, 0, 0, 0, before, after))`.
///
/// x: [N, C, H, W] -> [N, before + C + after, H, W].
public func padChannels(_ x: Tensor, before: Int, after: Int) -> Tensor {
    precondition(before >= 0 && after >= 0, "padChannels: \(before) and \(after) channels")
    let input = ImageShape(x.shape, for: "padChannels")
    let channels = before + input.channels + after
    let y = Tensor(shape: [input.batch, channels, input.height, input.width], from: x) { y in
        y.initialize(repeating: 0)
        x.withValues { x in
            for batch in 0..<input.batch {
                let to = y.baseAddress! + (batch * channels + before) * input.plane
                to.update(from: x.baseAddress! + batch * input.image, count: input.image)
            }
        }
    }
    return y.recorded(
        as: .padChannels(before: before, after: after),
        (x, { slice($0, channels: before..<before + input.channels) }))
}
