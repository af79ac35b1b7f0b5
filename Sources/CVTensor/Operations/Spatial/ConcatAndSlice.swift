/// Concatenation along the channels, as `torch.cat(dim=1)`.
///
/// - Parameter parts: [N, C1, H, W], [N, C2, H, W] …, at least one.
/// - Returns: [N, C1 + C2 + …, H, W].
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
            return (part, { $0.sliced(channels: range) })
        })
}

extension Tensor {
    /// Some of the channels, as `x[:, channels]` in PyTorch.
    ///
    /// - Parameter channels: a range of 0 ..< C.
    /// - Returns: [N, channels.count, H, W] of [N, C, H, W].
    public func sliced(channels: Range<Int>) -> Tensor {
        let input = ImageShape(shape, for: "sliced")
        precondition(
            channels.lowerBound >= 0 && channels.upperBound <= input.channels,
            "sliced: channels \(channels) of \(shape)")
        let count = channels.count * input.plane
        let y = Tensor(shape: [input.batch, channels.count, input.height, input.width], from: self) { y in
            withValues { x in
                for batch in 0..<input.batch {
                    let from = x.baseAddress! + batch * input.image + channels.lowerBound * input.plane
                    (y.baseAddress! + batch * count).update(from: from, count: count)
                }
            }
        }
        let after = input.channels - channels.upperBound
        return y.recorded(
            as: .slice(axis: 1, range: channels),
            (self, { $0.paddedChannels(before: channels.lowerBound, after: after) }))
    }

    /// Channels of zeros before and after those of the tensor, as
    /// `torch.nn.functional.pad(x, (0, 0, 0, 0, before, after))`.
    ///
    /// - Parameters:
    ///   - before: number of channels before the first.
    ///   - after: number of channels after the last.
    /// - Returns: [N, before + C + after, H, W] of [N, C, H, W].
    public func paddedChannels(before: Int, after: Int) -> Tensor {
        precondition(before >= 0 && after >= 0, "paddedChannels: \(before) and \(after) channels")
        let input = ImageShape(shape, for: "paddedChannels")
        let channels = before + input.channels + after
        let y = Tensor(shape: [input.batch, channels, input.height, input.width], from: self) { y in
            y.initialize(repeating: 0)
            withValues { x in
                for batch in 0..<input.batch {
                    let to = y.baseAddress! + (batch * channels + before) * input.plane
                    to.update(from: x.baseAddress! + batch * input.image, count: input.image)
                }
            }
        }
        return y.recorded(
            as: .padChannels(before: before, after: after),
            (self, { $0.sliced(channels: before..<before + input.channels) }))
    }
}
