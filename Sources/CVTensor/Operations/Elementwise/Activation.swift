import CKernels
import CVCore
import Synchronization

/// Infinities that an activation may have made finite: a sigmoid makes 1 of them, and nothing is seen in the results.
///
/// Whoever runs a network compares the count before and after. Other threads count, too: a difference is a reason to look
/// closely, not a finding.
package enum SaturatedInfinities {
    private static let counter = Atomic<Int>(0)

    /// How many times an activation met some since the process started.
    package static var count: Int { counter.load(ordering: .relaxed) }

    static func record() { counter.wrappingAdd(1, ordering: .relaxed) }
}

/// The nonlinear functions between the layers of a network.
public enum Activation: Sendable, Equatable {
    /// The identity.
    case linear
    /// max(x, 0), as `torch.nn.ReLU`.
    case relu
    /// min(max(x, 0), 6), as `torch.nn.ReLU6`.
    case relu6
    /// x for x > 0, else slope · x, as `torch.nn.LeakyReLU`.
    case leakyReLU(slope: Float)
    /// 1 / (1 + e^-x), as `torch.nn.Sigmoid`; darknet calls it logistic.
    case sigmoid
    /// x · sigmoid(x), as `torch.nn.SiLU` (Ramachandran et al. 2017, arXiv:1710.05941: swish).
    case silu
    /// x · tanh(ln(1 + e^x)), as `torch.nn.Mish` (Misra 2019, arXiv:1908.08681).
    case mish
    /// tanh(x), as `torch.nn.Tanh`.
    case tanh
    /// x for x > 0, else alpha · (e^x - 1), as `torch.nn.ELU` (Clevert et al. 2015, arXiv:1511.07289).
    case elu(alpha: Float)
    /// x · min(max(x + 3, 0), 6) / 6, as `torch.nn.Hardswish` (Howard et al. 2019, arXiv:1905.02244).
    case hardSwish
    /// min(max(x + 3, 0), 6) / 6, as `torch.nn.Hardsigmoid`.
    case hardSigmoid

    /// Applies the function to every value.
    ///
    /// Runs in the memory of `x` if nobody else holds it, as in `relu(conv(x))`.
    ///
    /// - Parameter x: of any shape.
    /// - Returns: a tensor of the same shape.
    public func callAsFunction(_ x: consuming Tensor) -> Tensor { self(x, under: .current) }

    /// Under a chosen instruction set, for tests.
    package func callAsFunction(_ x: consuming Tensor, under isa: InstructionSet) -> Tensor {
        if self == .linear { return x }
        let isInPlace = (gradientUsesOutput || x.trace == nil) && x.isSoleOwner()
        let y = isInPlace ? x.detached : Tensor(shape: x.shape, from: copy x) { _ in }
        if !y.isShapeOnly {
            let (from, to) = (x.storage.pointer, y.storage.pointer)
            Parallel.forRanges(x.shape.count, grain: 1 << 14) { range in
                apply(from + range.lowerBound, to + range.lowerBound, count: range.count, under: isa)
            }
        }
        let known = gradientUsesOutput ? y : x.detached
        return y.recorded(as: .activation(self), (x, { self.gradient($0, at: known, under: isa) }))
    }

    /// Whether f'(x) = f'(f(x)): then the result, which the next layer often retains anyway, is retained instead of the
    /// input.
    private var gradientUsesOutput: Bool { self == .relu || self == .relu6 }

    /// dy · f'(x), in the memory of dy if it is the sole owner.
    private func gradient(_ dy: consuming Tensor, at x: Tensor, under isa: InstructionSet) -> Tensor {
        guard let (kind, slope) = kernel else { return dy }
        let dx = dy.isSoleOwner() ? dy : Tensor(shape: x.shape) { _ in }
        let (from, to) = (dy.storage.pointer, dx.storage.pointer)
        x.withValues { x in
            Parallel.forRanges(x.count, grain: 1 << 14) { range in
                let start = range.lowerBound
                cvk_activate_gradient(
                    isa.cValue, kind, slope, x.baseAddress! + start, from + start, to + start, range.count)
            }
        }
        withExtendedLifetime(dy) {}
        return dx
    }

    /// On this thread; x and y may be the same.
    package func apply(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, count: Int, under isa: InstructionSet
    ) {
        guard let (kind, slope) = kernel else { return }
        if cvk_activate(isa.cValue, kind, slope, x, y, count) != 0 { SaturatedInfinities.record() }
    }

    private var kernel: (cvk_activation, slope: Float)? {
        switch self {
        case .linear: nil
        case .relu: (CVK_RELU, 0)
        case .relu6: (CVK_RELU6, 0)
        case .leakyReLU(let slope): (CVK_LEAKY_RELU, slope)
        case .sigmoid: (CVK_SIGMOID, 0)
        case .silu: (CVK_SILU, 0)
        case .mish: (CVK_MISH, 0)
        case .tanh: (CVK_TANH, 0)
        case .elu(let alpha): (CVK_ELU, alpha)
        case .hardSwish: (CVK_HARD_SWISH, 0)
        case .hardSigmoid: (CVK_HARD_SIGMOID, 0)
        }
    }
}
