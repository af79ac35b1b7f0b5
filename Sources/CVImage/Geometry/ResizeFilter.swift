import CVCore

/// A resampling filter, as in Pillow.
public enum ResizeFilter: String, Sendable, CaseIterable {
    /// The nearest pixel: for masks of class indices.
    case nearest
    /// The mean of all pixels under the output pixel.
    case box
    /// A triangle filter: linear interpolation.
    case bilinear
    /// Keys' cubic with a = -0.5.
    case bicubic
    /// A windowed sinc with three lobes.
    case lanczos

    /// The radius of the filter, in pixels of the coarser image.
    var support: Double {
        switch self {
        case .nearest, .box: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The weight at distance `x` from the center.
    func weight(at x: Double) -> Double {
        switch self {
        case .nearest, .box: x > -0.5 && x <= 0.5 ? 1 : 0
        case .bilinear: max(0, 1 - abs(x))
        case .bicubic: Self.keys(abs(x))
        case .lanczos: x >= -3 && x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
        }
    }

    /// Keys 1981, "Cubic convolution interpolation for digital image processing", with a = -0.5.
    private static func keys(_ x: Double) -> Double {
        let a = -0.5
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
        return 0
    }

    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}
