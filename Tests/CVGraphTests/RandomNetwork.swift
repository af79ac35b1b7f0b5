import CVCore
import CVTensor
import TestSupport

/// A network of randomly chosen layers that a seed determines, to find what nobody thought of: values that are used
/// twice, parts of parts, borders that several steps ask for.
struct RandomNetwork {
    private var draw: Draw
    /// The feature maps so far.
    private var maps: [Tensor] = []

    init(seed: UInt64) { draw = Draw(seed: seed) }

    /// The shape of the input: small, or now and then of as many rows and channels as several tasks share.
    mutating func inputShape() -> Shape {
        if draw.chance(8) { return [draw(of: 1...2), 64, draw(of: 40...60), draw(of: 40...60)] }
        return [draw(of: 1...3), draw(of: [1, 3, 4, 16, 17, 32]), draw(of: 1...20), draw(of: 1...20)]
    }

    /// The results of a few layers after another, mostly of the newest maps: the last, and now and then another.
    mutating func callAsFunction(_ x: Tensor) -> [Tensor] {
        maps = [x]
        for _ in 0..<draw(of: 3...14) { maps.append(layer(of: chosen())) }
        var results = [maps.last!]
        if draw.chance(30) { results.append(draw(of: maps)) }
        if draw.chance(30) { results.append(head(maps.last!)) }
        return results
    }

    private mutating func chosen() -> Tensor { draw.chance(65) ? maps.last! : draw(of: maps) }

    private mutating func layer(of x: Tensor) -> Tensor {
        switch draw(of: 0..<100) {
        case ..<34: normalizedAndActivated(convolution(x))
        case ..<40: normalizedAndActivated(depthwise(x))
        case ..<46: transposed(x)
        case ..<52: pooled(x)
        case ..<56: draw(of: Activation.allForTests)(x)
        case ..<66: sum(x)
        case ..<76: concatenation(x)
        case ..<81: slice(x)
        case ..<85: squeezeExcite(x)
        case ..<90: resized(x)
        case ..<93: padded(x)
        case ..<96: draw.chance(50) ? x * 0.5 : x * 2 + 0.25
        default: other(x)
        }
    }

    // MARK: Convolutions

    private mutating func axis(_ size: Int, kernels: [Int] = [1, 1, 2, 3, 3, 3, 5, 7]) -> ConvGeometry.Axis {
        while true {
            let kernel = draw(of: kernels)
            let dilation = draw(of: [1, 1, 1, 2])
            let reach = dilation * (kernel - 1)
            let padding = draw.chance(60) ? (reach / 2, reach / 2) : (draw(of: 0...reach), draw(of: 0...reach))
            let axis = ConvGeometry.Axis(
                kernel: kernel, stride: draw(of: [1, 1, 1, 2, 3]), padding: padding, dilation: dilation)
            if axis.outputSize(size) > 0 { return axis }
        }
    }

    private mutating func geometry(_ x: Tensor, groups: Int = 1) -> ConvGeometry {
        let y = axis(x.shape[2])
        if draw.chance(60), x.shape[2] == x.shape[3] || y == .init(kernel: 1) {
            return ConvGeometry(y: y, x: y, groups: groups)
        }
        return ConvGeometry(y: y, x: axis(x.shape[3]), groups: groups)
    }

    private mutating func bias(_ channels: Int) -> Tensor? {
        draw.chance(60) ? seededTensor(seed: draw.seed(), [channels], scale: 0.3) : nil
    }

    private mutating func convolution(_ x: Tensor) -> Tensor {
        let cin = x.shape[1]
        let groups = cin % 2 == 0 && draw.chance(8) ? 2 : 1
        // Often one of few sizes, so that sums and concatenations find a partner.
        let window =
            draw.chance(45)
            ? ConvGeometry(kernel: 3, padding: 1, groups: groups)
            : draw.chance(35) ? ConvGeometry(kernel: 1, groups: groups) : geometry(x, groups: groups)
        let cout = draw(of: [16, 16, 32, 32, 24, 17, 6, 2, 50])
        let channels = (cout + groups - 1) / groups * groups
        let weight = seededWeight(seed: draw.seed(), [channels, cin / groups, window.y.kernel, window.x.kernel])
        return conv2d(x, weight, bias: bias(channels), window)
    }

    private mutating func depthwise(_ x: Tensor) -> Tensor {
        let window = geometry(x, groups: x.shape[1])
        let weight = seededWeight(seed: draw.seed(), [x.shape[1], 1, window.y.kernel, window.x.kernel])
        return conv2d(x, weight, bias: bias(x.shape[1]), window)
    }

    private mutating func transposed(_ x: Tensor) -> Tensor {
        let (kernel, stride, padding, added) = draw(
            of: [(2, 2, 0, 0), (3, 2, 1, 1), (4, 2, 1, 0), (3, 1, 1, 0), (2, 3, 0, 1)])
        guard x.shape[2] * x.shape[3] <= 150 else { return convolution(x) }
        let cout = draw(of: [3, 16, 17, 32])
        let weight = seededWeight(seed: draw.seed(), [x.shape[1], cout, kernel, kernel]) * (1 / Float(stride))
        return convTranspose2d(
            x, weight, bias: bias(cout), ConvGeometry(kernel: kernel, stride: stride, padding: padding),
            outputPadding: (added, added))
    }

    private mutating func normalizedAndActivated(_ x: Tensor) -> Tensor {
        let y = draw.chance(50) ? normalized(x) : x
        return draw.chance(60) ? draw(of: Activation.allForTests)(y) : y
    }

    private mutating func normalized(_ x: Tensor) -> Tensor {
        let shape: Shape = [x.shape[1]]
        return batchNorm(
            x, mean: seededTensor(seed: draw.seed(), shape, scale: 0.1),
            variance: uniformTensor(seed: draw.seed(), shape) + 0.5,
            weight: uniformTensor(seed: draw.seed(), shape) + 0.5,
            bias: seededTensor(seed: draw.seed(), shape, scale: 0.1), epsilon: 1e-5)
    }

    // MARK: Several maps

    private mutating func sum(_ x: Tensor) -> Tensor {
        let others = maps.filter { $0.shape == x.shape }
        let other = others.count > 1 ? draw(of: others) : convolutionOfSameShape(x)
        let sum = draw.chance(50) ? x + other : other + x
        return draw.chance(50) ? draw(of: Activation.allForTests)(sum) : sum
    }

    private mutating func convolutionOfSameShape(_ x: Tensor) -> Tensor {
        let weight = seededWeight(seed: draw.seed(), [x.shape[1], x.shape[1], 3, 3])
        return normalizedAndActivated(conv2d(x, weight, bias: bias(x.shape[1]), ConvGeometry(kernel: 3, padding: 1)))
    }

    private mutating func concatenation(_ x: Tensor) -> Tensor {
        let others = maps.filter { $0.shape[2] == x.shape[2] && $0.shape[3] == x.shape[3] }
        let parts = (0..<draw(of: 1...3)).map { _ in
            draw.chance(60) ? draw(of: others) : normalizedAndActivated(convolutionOfSameShape(x))
        }
        let all = draw.chance(50) ? [x] + parts : parts + [x]
        guard all.reduce(0, { $0 + $1.shape[1] }) <= 150 else { return x }
        let joined = concatenate(all)
        return draw.chance(40) ? normalizedAndActivated(joined) : joined
    }

    private mutating func slice(_ x: Tensor) -> Tensor {
        let channels = x.shape[1]
        let start = draw.chance(60) ? channels / 32 * 16 : draw(of: 0..<channels)
        return x.sliced(channels: start..<draw(of: start + 1...channels))
    }

    private mutating func squeezeExcite(_ x: Tensor) -> Tensor {
        let (channels, squeezed) = (x.shape[1], draw(of: [3, 8, 16, 20]))
        func pointwise(_ x: Tensor, _ cout: Int) -> Tensor {
            conv2d(
                x, seededWeight(seed: draw.seed(), [cout, x.shape[1], 1, 1]), bias: bias(cout), ConvGeometry(kernel: 1))
        }
        let hidden = draw(of: [Activation.relu, .silu])(pointwise(globalAveragePool2d(x), squeezed))
        let gates = draw(of: [Activation.sigmoid, .hardSigmoid])(pointwise(hidden, channels))
        return draw.chance(50) ? x * gates : gates * x
    }

    // MARK: Sizes

    private mutating func pooled(_ x: Tensor) -> Tensor {
        let (height, width) = (x.shape[2], x.shape[3])
        switch draw(of: 0..<5) {
        case 0: return globalAveragePool2d(x)
        case 1: return adaptiveAveragePool2d(x, height: draw(of: 1...7), width: draw(of: 1...7))
        default:
            let kernel = draw(of: 1...min(4, height, width))
            let window = ConvGeometry(kernel: kernel, stride: draw(of: 1...3), padding: draw(of: 0...kernel / 2))
            let ceilMode = draw.chance(40)
            return draw.chance(50)
                ? maxPool2d(x, window, ceilMode: ceilMode)
                : averagePool2d(x, window, ceilMode: ceilMode, countIncludePadding: draw.chance(50))
        }
    }

    private mutating func resized(_ x: Tensor) -> Tensor {
        let isSmall = x.shape[2] * x.shape[3] <= 150
        switch draw(of: 0..<4) {
        case 0 where isSmall: return upsampleNearest(x, factor: draw(of: 2...3))
        case 1: return upsampleNearest(x, height: draw(of: 1...20), width: draw(of: 1...20))
        case 2: return x.subsampled(stride: draw(of: 1...3))
        default:
            return upsampleBilinear(
                x, height: draw(of: 1...20), width: draw(of: 1...20), alignCorners: draw.chance(50))
        }
    }

    private mutating func padded(_ x: Tensor) -> Tensor {
        let modes: [PaddingMode] = x.shape[2] > 2 && x.shape[3] > 2 ? [.zero, .zero, .edge, .reflect] : [.zero, .edge]
        return pad2d(
            x, top: draw(of: 0...2), bottom: draw(of: 0...2), left: draw(of: 0...2), right: draw(of: 0...2),
            mode: draw(of: modes))
    }

    private mutating func other(_ x: Tensor) -> Tensor {
        switch draw(of: 0..<5) {
        case 0: x.paddedChannels(before: draw(of: 0...2), after: draw(of: 0...16))
        case 1: prelu(x, seededTensor(seed: draw.seed(), [x.shape[1]]))
        case 2: softmax(x, dimension: 1)
        case 3: normalized(x)
        default: localResponseNorm(x, size: 3, alpha: 0.1, beta: 0.75, k: 1)
        }
    }

    /// Layers on features without rows and columns.
    private mutating func head(_ x: Tensor) -> Tensor {
        let features = x.reshaped([x.shape[0], x.shape[1] * x.shape[2] * x.shape[3]])
        let hidden = linear(features, seededWeight(seed: draw.seed(), [20, features.shape[1]]), bias: bias(20))
        let weight = seededWeight(seed: draw.seed(), [draw(of: [3, 10, 16]), 20])
        return linear(draw(of: Activation.allForTests)(hidden), weight, bias: bias(weight.shape[0]))
    }
}
