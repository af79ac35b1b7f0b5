import CVTensor

/// A convolution by its definition, one loop for each letter, in double precision: every output is a sum of terms
/// weight · input, and so are the gradients.
struct ConvolutionDefinition {
    private let x, weight, y: Shape
    private let geometry: ConvGeometry

    init(_ x: Shape, _ weight: Shape, _ geometry: ConvGeometry) {
        (self.x, self.weight, self.geometry) = (x, weight, geometry)
        y = [x[0], weight[0], geometry.y.outputSize(x[2]), geometry.x.outputSize(x[3])]
    }

    var outputShape: Shape { y }

    func forward(_ x: Tensor, _ weight: Tensor, bias: Tensor? = nil) -> Tensor {
        let start = bias.map { bias in
            (0..<y.count).map { Double(bias.values[$0 / (y[2] * y[3]) % y[1]]) }
        }
        return sum(y, from: start, weight, x) { ($0.y, $0.weight, $0.x) }
    }

    func backwardData(_ dy: Tensor, _ weight: Tensor) -> Tensor {
        sum(x, weight, dy) { ($0.x, $0.weight, $0.y) }
    }

    func backwardWeights(_ dy: Tensor, _ x: Tensor) -> Tensor {
        sum(weight, x, dy) { ($0.weight, $0.x, $0.y) }
    }

    /// Σ a · b over all terms; `indices`: of the sum, of a and of b.
    private func sum(
        _ shape: Shape, from start: [Double]? = nil, _ a: Tensor, _ b: Tensor,
        _ indices: (_ term: (y: Int, weight: Int, x: Int)) -> (Int, Int, Int)
    ) -> Tensor {
        var sums = start ?? [Double](repeating: 0, count: shape.count)
        let (a, b) = (a.values, b.values)
        forEachTerm { term in
            let (sum, first, second) = indices(term)
            sums[sum] += Double(a[first]) * Double(b[second])
        }
        return Tensor(sums.map(Float.init), shape: shape)
    }

    private func forEachTerm(_ body: ((y: Int, weight: Int, x: Int)) -> Void) {
        let perGroup = weight[0] / geometry.groups
        for batch in 0..<y[0] {
            for o in 0..<y[1] {
                for oy in 0..<y[2] {
                    for ox in 0..<y[3] {
                        let to = ((batch * y[1] + o) * y[2] + oy) * y[3] + ox
                        for i in 0..<weight[1] {
                            let plane = batch * x[1] + o / perGroup * weight[1] + i
                            for ky in 0..<weight[2] {
                                for kx in 0..<weight[3] {
                                    let (iy, ix) = (geometry.y.input(oy, ky), geometry.x.input(ox, kx))
                                    guard (0..<x[2]).contains(iy), (0..<x[3]).contains(ix) else { continue }
                                    let filter = ((o * weight[1] + i) * weight[2] + ky) * weight[3] + kx
                                    body((to, filter, (plane * x[2] + iy) * x[3] + ix))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension ConvGeometry.Axis {
    /// The input that a tap reads from an output.
    fileprivate func input(_ output: Int, _ tap: Int) -> Int { output * stride + tap * dilation - padding.before }
}
