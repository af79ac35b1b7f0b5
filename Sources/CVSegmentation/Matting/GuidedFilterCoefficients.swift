/// Four coefficients for each pixel of a small image: three slopes and an offset, interpolated for a large image.
package struct GuidedFilterCoefficients: Sendable {
    package let width, height: Int
    /// height × width values, row by row.
    package var values: [SIMD4<Float>]

    package init(width: Int, height: Int, values: [SIMD4<Float>]) {
        precondition(values.count == width * height, "\(values.count) values for \(width)×\(height)")
        (self.width, self.height, self.values) = (width, height, values)
    }

    /// The interpolated coefficients of one pixel of a large image.
    func value(_ column: LinearInterpolationTable.Tap, _ row: LinearInterpolationTable.Tap) -> SIMD4<Float> {
        func along(_ line: Int) -> SIMD4<Float> {
            let (first, second) = (values[line * width + column.first], values[line * width + column.second])
            return first + (second - first) * column.share
        }
        let (upper, lower) = (along(row.first), along(row.second))
        return upper + (lower - upper) * row.share
    }
}
