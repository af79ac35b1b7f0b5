import CVTensor
import TestSupport
import Testing

@Suite struct EvenWindowTests {
    /// The window of an even size is not symmetric: that of the gradient is its mirror image.
    @Test("local response normalization: gradient matches finite differences for even sizes", arguments: [2, 3, 4])
    func gradientOfAnEvenWindow(size: Int) {
        checkGradient(of: [seededTensor(seed: 1, [2, 7, 3, 2])]) {
            localResponseNorm($0[0], size: size, alpha: 2, beta: 0.75, k: 2)
        }
    }
}
