import CVCore

/// OpenBLAS, loaded when it is first needed: most processors have kernels of their own, and then a program must be spared
/// the threads and the memory that the library takes when it is loaded.
package struct OpenBLAS: Sendable, Equatable {
    /// Nil where the library is not installed.
    package static let shared = OpenBLAS()

    /// `cblas_sgemm` of the library with 32-bit sizes: order and transpositions are enumerations of C.
    private typealias Multiply =
        @convention(c) (
            _ order: Int32, _ transposeA: Int32, _ transposeB: Int32, _ m: Int32, _ n: Int32, _ k: Int32,
            _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>, _ ldb: Int32,
            _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
        ) -> Void
    private typealias SetThreads = @convention(c) (_ count: Int32) -> Void

    private let multiply: Multiply

    /// One library, one function.
    package static func == (a: OpenBLAS, b: OpenBLAS) -> Bool { true }

    private init?() {
        // The tasks that multiply are the threads, so the library is to start none; said before it is loaded, when it
        // would start them.
        guard
            let library = SharedLibrary(
                ["libopenblas.so.0", "libopenblas.so", "libopenblas.0.dylib", "libopenblas.dylib"],
                environment: ["OPENBLAS_NUM_THREADS": "1"]),
            let multiply = library.function("cblas_sgemm", as: Multiply.self)
        else { return nil }
        self.multiply = multiply
        // The variable of the user, if it was set, is for programs that leave threads to the library.
        library.function("openblas_set_num_threads", as: SetThreads.self)?(1)
    }

    /// C (+)= A · B: a [m, k], b [k, n], c [m, n], by rows.
    func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, stride lda: Int, _ b: UnsafePointer<Float>,
        stride ldb: Int, to c: UnsafeMutablePointer<Float>, stride ldc: Int, adding: Bool
    ) {
        // CblasRowMajor, CblasNoTrans.
        multiply(
            101, 111, 111, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b, Int32(ldb), adding ? 1 : 0, c, Int32(ldc))
    }
}
