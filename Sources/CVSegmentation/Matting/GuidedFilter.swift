import CVCore
import CVImage

/// The guided filter (He, Sun & Tang 2013, "Guided Image Filtering"): in each window the result is the linear function of
/// the guide's colors that fits the input best. Edges of the input snap to edges of the guide.
///
/// The coefficients are computed at low resolution and applied at full resolution (fast guided filter, He & Sun 2015,
/// arXiv:1505.00996), because they are smooth.
package struct GuidedFilter: Sendable {
    /// The radius of a window in pixels of the guide: a side has 2 · radius + 1.
    package var radius: Int
    /// The regularization: edges whose squared contrast, for colors from 0 to 1, is well above it are preserved.
    package var epsilon: Float

    package init(radius: Int, epsilon: Float) {
        (self.radius, self.epsilon) = (radius, epsilon)
    }

    /// Computes the coefficients of the linear functions.
    ///
    /// - Parameters:
    ///   - guide: red, green and blue planes from 0 to 1.
    ///   - input: the plane to filter, of the same size.
    /// - Returns: three slopes and an offset for each pixel, averaged over the windows that contain it.
    package func functions(guide: [FloatPlane], input: FloatPlane) -> GuidedFilterCoefficients {
        precondition(
            guide.count == 3 && guide.allSatisfy { $0.width == input.width && $0.height == input.height },
            "GuidedFilter: a guide of \(guide.map { "\($0.width)×\($0.height)" }), an input of \(input.width)×\(input.height)"
        )
        let planes = guide + [input]
        // The means of the four planes, of the products of two colors, and of the products of a color with the input.
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

    /// For each window the slopes (Σ + ε)⁻¹ · cov and the offset. `means` is ordered as in `functions`.
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
