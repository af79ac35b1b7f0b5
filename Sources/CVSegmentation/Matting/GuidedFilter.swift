import CVCore
import CVImage

/// The guided filter (He, Sun & Tang 2013, "Guided Image Filtering"): in each window the result is a linear function of the
/// picture's colours, the one that comes nearest to the input. So an edge of the input moves onto the edge that the picture
/// has there.
///
/// Its functions are found at a reduced size and used at the full one (He & Sun 2015, arXiv:1505.00996): they are smooth,
/// what they are applied to is not.
package struct GuidedFilter: Sendable {
    /// Of a window, in pixels of the reduced picture: 2 · radius + 1 a side.
    package var radius: Int
    /// What the windows' functions may be steep for: contrasts whose square, for colours from 0 to 1, is well above it.
    package var epsilon: Float

    package init(radius: Int, epsilon: Float) {
        (self.radius, self.epsilon) = (radius, epsilon)
    }

    /// The functions: three slopes and an offset for each pixel of the guide, as means over the windows that it is in.
    ///
    /// guide: red, green and blue from 0 to 1; input: of the same size.
    package func functions(guide: [FloatPlane], input: FloatPlane) -> GuidedFilterCoefficients {
        precondition(
            guide.count == 3 && guide.allSatisfy { $0.width == input.width && $0.height == input.height },
            "GuidedFilter: a guide of \(guide.map { "\($0.width)×\($0.height)" }), an input of \(input.width)×\(input.height)"
        )
        let planes = guide + [input]
        // The means of the four planes, of the products of two colours, and of the colours with the input.
        let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3)]
        let makers = planes.map { plane in { plane } } + pairs.map { pair in { planes[pair.0] * planes[pair.1] } }
        let means = FloatPlane.windowMeans(makers, radius: radius)
        let solved = solve(means)
        let smooth = FloatPlane.windowMeans(
            (0..<4).map { part in
                { FloatPlane(width: input.width, height: input.height, values: solved.map { $0[part] }) }
            }, radius: radius)
        let values = (0..<input.values.count).map { index in
            SIMD4(smooth[0].values[index], smooth[1].values[index], smooth[2].values[index], smooth[3].values[index])
        }
        return GuidedFilterCoefficients(width: input.width, height: input.height, values: values)
    }

    /// For each window: slopes (Σ + ε)⁻¹ · cov, and the offset. `means` in the order of `functions`.
    private func solve(_ means: [FloatPlane]) -> [SIMD4<Float>] {
        let count = means[0].values.count
        return [SIMD4<Float>](unsafeUninitializedCapacity: count) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress!
            Parallel.forRanges(count, grain: 1 << 13) { range in
                for index in range {
                    func mean(_ plane: Int) -> Float { means[plane].values[index] }
                    let color = SIMD3(mean(0), mean(1), mean(2))
                    let input = mean(3)
                    let products = SIMD3(mean(10), mean(11), mean(12)) - color * input
                    let slopes = Self.solution(
                        xx: mean(4) - color.x * color.x + epsilon, xy: mean(5) - color.x * color.y,
                        xz: mean(6) - color.x * color.z, yy: mean(7) - color.y * color.y + epsilon,
                        yz: mean(8) - color.y * color.z, zz: mean(9) - color.z * color.z + epsilon, products)
                    base[index] = SIMD4(slopes, input - (slopes * color).sum())
                }
            }
            initialized = count
        }
    }

    /// The solution of a symmetric system of three equations, by cofactors.
    private static func solution(
        xx: Float, xy: Float, xz: Float, yy: Float, yz: Float, zz: Float, _ right: SIMD3<Float>
    ) -> SIMD3<Float> {
        let first = SIMD3(yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy)
        let determinant = xx * first.x + xy * first.y + xz * first.z
        let second = SIMD3(first.y, xx * zz - xz * xz, xz * xy - xx * yz)
        let third = SIMD3(first.z, second.z, xx * yy - xy * xy)
        return SIMD3((first * right).sum(), (second * right).sum(), (third * right).sum()) / determinant
    }
}
