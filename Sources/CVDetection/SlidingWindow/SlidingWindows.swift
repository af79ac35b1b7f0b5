import CVCore
import CVGraph
import CVModels
import CVTask
import CVTensor

/// Applies a classifier to all windows of an image.
///
/// ```swift
/// let windows = try SlidingWindows(network, window: .init(channels: 3, height: 32, width: 32))
/// let logits = windows(x)               // [1, classes, rows of windows, columns of windows]
/// ```
public struct SlidingWindows: Sendable {
    /// How the windows are evaluated. For a network without padding the results are equal: see `FullyConvolutional`.
    public enum Method: String, Sendable, CaseIterable {
        /// All windows in one pass.
        case convolutional
        /// Each window is cropped and classified on its own.
        case cropped
    }

    /// The input size of the classifier.
    public let window: ModelSpec.Input
    /// Pixels from one window to the next.
    public let stride: Int

    private let network: any ClassifierNetwork
    /// Nil if windows are cropped.
    private let convolutional: FullyConvolutional?
    /// Runs `convolutional`, or the network if windows are cropped.
    private let engine: InferenceEngine

    /// Prepares a classifier for sliding windows.
    ///
    /// - Parameters:
    ///   - network: the classifier of one window.
    ///   - window: the input size of the classifier.
    ///   - method: how windows are evaluated.
    ///   - stride: the distance between windows in pixels; nil for the network's output stride, or an eighth of the window
    ///     if the network is not a `SlidingClassifier`.
    /// - Throws: `SlidingWindowError` if the network or the stride is not supported.
    public init(
        _ network: any ClassifierNetwork, window: ModelSpec.Input, method: Method = .convolutional,
        stride: Int? = nil
    ) throws(SlidingWindowError) {
        self.window = window
        self.network = network
        if let stride, stride < 1 { throw .stride(stride, multipleOf: 1) }
        switch method {
        case .convolutional:
            let convolutional = try FullyConvolutional(network, window: window)
            let stride = stride ?? convolutional.stride
            guard stride % convolutional.stride == 0 else {
                throw .stride(stride, multipleOf: convolutional.stride)
            }
            self.convolutional = convolutional
            engine = InferenceEngine { [convolutional($0)] }
            self.stride = stride
        case .cropped:
            convolutional = nil
            engine = InferenceEngine { [network($0)] }
            let own = (network as? any SlidingClassifier)?.outputStride
            self.stride = stride ?? own ?? max(1, min(window.height, window.width) / 8)
        }
    }

    /// The logits of all windows.
    ///
    /// - Parameter x: [1, C, H, W], at least of the size of the window.
    /// - Returns: [1, classes, h, w] with h = ⌊(H - window) / stride⌋ + 1.
    /// - Throws: `NonFiniteOutput` if they are NaN or infinite.
    public func callAsFunction(_ x: Tensor) throws(NonFiniteOutput) -> Tensor {
        precondition(
            x.shape.rank == 4 && x.shape[0] == 1 && x.shape[2] >= window.height && x.shape[3] >= window.width,
            "SlidingWindows: \(x.shape) for a window of \(window)")
        let (rows, columns) = (positions(x.shape[2], window.height), positions(x.shape[3], window.width))
        guard let convolutional else { return try cropped(x, rows, columns) }
        let computed = try NonFiniteOutput.checking(x) { engine($0)[0] }
        let all = computed.subsampled(stride: stride / convolutional.stride)
        // If the stride does not divide the remainder, padding can produce a position for an incomplete window.
        return all.shape[2] == rows && all.shape[3] == columns ? all : cut(all, rows, columns)
    }

    private func positions(_ size: Int, _ window: Int) -> Int { (size - window) / stride + 1 }

    /// The first rows and columns.
    private func cut(_ x: Tensor, _ rows: Int, _ columns: Int) -> Tensor {
        let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
        return Tensor(shape: [1, channels, rows, columns]) { y in
            x.withValues { x in
                for line in 0..<channels * rows {
                    let (channel, row) = line.quotientAndRemainder(dividingBy: rows)
                    (y.baseAddress! + line * columns).update(
                        from: x.baseAddress! + (channel * height + row) * width, count: columns)
                }
            }
        }
    }

    private func cropped(_ x: Tensor, _ rows: Int, _ columns: Int) throws(NonFiniteOutput) -> Tensor {
        // Large enough to use the kernels fully, small enough to bound the memory of the feature maps.
        let batch = max(1, min(64, (1 << 20) / window.count))
        var logits: [Float] = []
        for start in Swift.stride(from: 0, to: rows * columns, by: batch) {
            let positions = start..<min(start + batch, rows * columns)
            let images = crops(of: x, positions.map { (y: $0 / columns * stride, x: $0 % columns * stride) })
            logits += try NonFiniteOutput.checking(images) { engine($0)[0] }.values
        }
        let classes = logits.count / (rows * columns)
        let byPosition = Tensor(logits, shape: [rows * columns, classes])
        return byPosition.transposed().reshaped([1, classes, rows, columns])
    }

    /// Crops the windows at these top left corners: [count, C, height, width].
    private func crops(of x: Tensor, _ corners: [(y: Int, x: Int)]) -> Tensor {
        let (height, width, count) = (x.shape[2], x.shape[3], window.count)
        return Tensor(shape: [corners.count, window.channels, window.height, window.width]) { crops in
            nonisolated(unsafe) let crops = crops
            x.withValues { x in
                nonisolated(unsafe) let x = x
                Parallel.forEach(corners.count) { index in
                    for line in 0..<window.channels * window.height {
                        let (channel, row) = line.quotientAndRemainder(dividingBy: window.height)
                        let from = (channel * height + corners[index].y + row) * width + corners[index].x
                        (crops.baseAddress! + index * count + line * window.width).update(
                            from: x.baseAddress! + from, count: window.width)
                    }
                }
            }
        }
    }
}

/// Sliding windows that cannot be evaluated as requested.
public enum SlidingWindowError: ToolkitError, Equatable {
    /// The network or one of its layers cannot be applied to a larger image.
    case notConvolutional(String)
    /// The feature maps of a window do not have the size that the linear layers expect.
    case maps(window: ModelSpec.Input, found: [Int], expected: [Int])
    /// The stride is not a positive multiple of the network's stride.
    case stride(Int, multipleOf: Int)
    /// The network's input has more pixels than the limit for a whole image.
    case input(ModelSpec.Input, limit: Int)
    /// No window fits into the image.
    case tooLarge(window: Int, width: Int, height: Int)
    /// The window is so small that the resized image would be too large.
    case tooSmall(window: Int, least: Int, width: Int, height: Int)

    public var description: String {
        switch self {
        case .notConvolutional(let name):
            "\(name) cannot be applied to a larger image in one pass; crop the windows instead"
        case .maps(let window, let found, let expected):
            "windows of \(window) give feature maps of \(found[0])×\(found[1]), but the linear layers after them need "
                + "\(expected[0])×\(expected[1]); crop the windows instead"
        case .stride(let stride, let multiple):
            multiple == 1
                ? "a stride of \(stride): it must be at least 1"
                : "a stride of \(stride): the network's is \(multiple), and one pass needs a multiple of it; any stride is "
                    + "possible if windows are cropped"
        case .input(let window, let limit):
            "windows of \(window): at most \(limit) pixels are possible, because the images around them are larger"
        case .tooLarge(let window, let width, let height):
            "a window of \(window) pixels does not fit into an image of \(width)×\(height); choose smaller windows"
        case .tooSmall(let window, let least, let width, let height):
            "a window of \(window) pixels in an image of \(width)×\(height): at least \(least) are possible, because the "
                + "image is resized so that windows have the size of the network's input"
        }
    }
}

extension SlidingWindowError {
    public var category: ErrorCategory {
        switch self {
        case .notConvolutional, .maps, .stride: .unsupported
        case .input: .limit
        case .tooLarge, .tooSmall: .invalid
        }
    }
}
