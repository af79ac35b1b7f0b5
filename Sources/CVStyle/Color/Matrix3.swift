/// A 3×3 matrix.
package struct Matrix3: Equatable {
    package var columns: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)

    package static let zero = Matrix3(columns: (.zero, .zero, .zero))
    package static let identity = Matrix3(diagonal: SIMD3(repeating: 1))

    package init(columns: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)) { self.columns = columns }

    package init(diagonal d: SIMD3<Double>) {
        columns = (SIMD3(d.x, 0, 0), SIMD3(0, d.y, 0), SIMD3(0, 0, d.z))
    }

    /// The outer product a bᵀ.
    package init(_ a: SIMD3<Double>, _ b: SIMD3<Double>) { columns = (a * b.x, a * b.y, a * b.z) }

    package static func == (a: Matrix3, b: Matrix3) -> Bool { a.columns == b.columns }

    package subscript(row: Int, column: Int) -> Double {
        switch column {
        case 0: columns.0[row]
        case 1: columns.1[row]
        default: columns.2[row]
        }
    }

    package static func + (a: Matrix3, b: Matrix3) -> Matrix3 {
        Matrix3(columns: (a.columns.0 + b.columns.0, a.columns.1 + b.columns.1, a.columns.2 + b.columns.2))
    }

    package static func - (a: Matrix3, b: Matrix3) -> Matrix3 { a + b * -1 }
    package static func += (a: inout Matrix3, b: Matrix3) { a = a + b }

    package static func * (a: Matrix3, factor: Double) -> Matrix3 {
        Matrix3(columns: (a.columns.0 * factor, a.columns.1 * factor, a.columns.2 * factor))
    }

    package static func * (a: Matrix3, v: SIMD3<Double>) -> SIMD3<Double> {
        a.columns.0 * v.x + a.columns.1 * v.y + a.columns.2 * v.z
    }

    package static func * (a: Matrix3, b: Matrix3) -> Matrix3 {
        Matrix3(columns: (a * b.columns.0, a * b.columns.1, a * b.columns.2))
    }

    package var transposed: Matrix3 {
        func row(_ index: Int) -> SIMD3<Double> { SIMD3(self[index, 0], self[index, 1], self[index, 2]) }
        return Matrix3(columns: (row(0), row(1), row(2)))
    }

    /// The square root, or its inverse, of a symmetric positive semidefinite matrix.
    package func squareRoot(inverted: Bool = false) -> Matrix3 {
        let (values, vectors) = eigen()
        var roots = SIMD3<Double>.zero
        for index in 0..<3 {
            // Rounding may leave a tiny negative eigenvalue.
            let root = max(values[index], 0).squareRoot()
            roots[index] = inverted ? 1 / max(root, 1e-12) : root
        }
        return vectors * Matrix3(diagonal: roots) * vectors.transposed
    }

    /// The eigenvalues of a symmetric matrix, and its eigenvectors as columns, by Jacobi rotations.
    private func eigen() -> (values: SIMD3<Double>, vectors: Matrix3) {
        var (a, vectors) = (self, Matrix3.identity)
        // Convergence is quadratic: a few sweeps are enough for double precision.
        for _ in 0..<12 {
            for (p, q) in [(0, 1), (0, 2), (1, 2)] where abs(a[p, q]) > 1e-300 {
                let rotation = Self.rotation(p, q, a)
                a = rotation.transposed * a * rotation
                vectors = vectors * rotation
            }
        }
        return (SIMD3(a[0, 0], a[1, 1], a[2, 2]), vectors)
    }

    /// The rotation in the plane of axes p and q that makes a[p, q] zero.
    private static func rotation(_ p: Int, _ q: Int, _ a: Matrix3) -> Matrix3 {
        let ratio = (a[q, q] - a[p, p]) / (2 * a[p, q])
        let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
        let cosine = 1 / (tangent * tangent + 1).squareRoot()
        var columns = [SIMD3<Double>(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
        (columns[p][p], columns[q][q]) = (cosine, cosine)
        (columns[q][p], columns[p][q]) = (tangent * cosine, -tangent * cosine)
        return Matrix3(columns: (columns[0], columns[1], columns[2]))
    }
}
