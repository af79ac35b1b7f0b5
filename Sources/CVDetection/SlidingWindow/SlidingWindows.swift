import CVCore
import CVModels
import CVTensor

/// The logits of all windows of a picture, by a classifier for one window.
///
/// ```swift
/// let windows = try SlidingWindows(network, window: .init(channels: 3, height: 32, width: 32))
/// let logits = windows(picture)         // [1, classes, rows of windows, columns of windows]
/// ```
public struct SlidingWindows: Sendable {
    /// How the windows are looked at. Both give the same for a network without padding: see `FullyConvolutional`.
    public enum Method: String, Sendable, CaseIterable {
        /// All in one pass.
        case convolutional
        /// Each is cut out, and goes through the network on its own.
        case cropped
    }

    /// The size that the classifier was trained for.
    public let window: ClassifierArchitecture.Input
    /// Pixels from one window to the next.
    public let stride: Int

    private let network: any ClassifierNetwork
    /// Nil if windows are cut out.
    private let convolutional: FullyConvolutional?

    /// stride: nil is the network's own, or an eighth of the window where windows are cut out for a network that cannot be
    /// moved over a picture.
    ///
    /// - Throws: `SlidingWindowError` for a network that cannot do it, or a stride that it cannot have.
    public init(
        _ network: any ClassifierNetwork, window: ClassifierArchitecture.Input, method: Method = .convolutional,
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
            self.stride = stride
        case .cropped:
            convolutional = nil
            let own = (network as? any SlidingClassifier)?.outputStride
            self.stride = stride ?? own ?? max(1, min(window.height, window.width) / 8)
        }
    }

    /// x: [1, C, H, W], at least of the window's size -> [1, classes, h, w], h = ⌊(H - window) / stride⌋ + 1.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        precondition(
            x.shape.rank == 4 && x.shape[0] == 1 && x.shape[2] >= window.height && x.shape[3] >= window.width,
            "SlidingWindows: \(x.shape) for a window of \(window)")
        let (rows, columns) = (positions(x.shape[2], window.height), positions(x.shape[3], window.width))
        guard let convolutional else { return cropped(x, rows, columns) }
        let all = subsampled(convolutional(x), stride: stride / convolutional.stride)
        // Where the stride does not divide what is left over, padding gives a place for a window that is not whole.
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

    private func cropped(_ x: Tensor, _ rows: Int, _ columns: Int) -> Tensor {
        // As many as fill the kernels; not so many that their maps fill the memory.
        let batch = max(1, min(64, (1 << 20) / window.count))
        var logits: [Float] = []
        for start in Swift.stride(from: 0, to: rows * columns, by: batch) {
            let positions = start..<min(start + batch, rows * columns)
            let images = crops(of: x, positions.map { (y: $0 / columns * stride, x: $0 % columns * stride) })
            logits += network(images).values
        }
        let classes = logits.count / (rows * columns)
        let byPosition = Tensor(logits, shape: [rows * columns, classes])
        return transposed(byPosition).reshaped([1, classes, rows, columns])
    }

    /// The windows at these top left corners: [count, C, height, width].
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

/// Windows that cannot be looked at as asked.
public enum SlidingWindowError: ToolkitError, Equatable {
    /// A network or a layer that is not known to move over a picture.
    case notConvolutional(String)
    /// Maps of another size than the linear layers were trained for.
    case maps(window: ClassifierArchitecture.Input, found: [Int], expected: [Int])
    case stride(Int, multipleOf: Int)
    /// A network for pictures of more pixels than a larger one should have.
    case input(ClassifierArchitecture.Input, limit: Int)
    /// No window fits into the picture.
    case tooLarge(window: Int, width: Int, height: Int)
    /// So small a window that the picture would become huge.
    case tooSmall(window: Int, least: Int, width: Int, height: Int)

    public var description: String {
        switch self {
        case .notConvolutional(let name):
            "\(name) cannot be moved over a picture in one pass; cut the windows out instead"
        case .maps(let window, let found, let expected):
            "windows of \(window) give maps of \(found[0])×\(found[1]), and the linear layers after them want "
                + "\(expected[0])×\(expected[1]); cut the windows out instead"
        case .stride(let stride, let multiple):
            multiple == 1
                ? "a stride of \(stride): at least 1 is possible"
                : "a stride of \(stride): the network's is \(multiple), so multiples of it are possible in one pass; any, "
                    + "where windows are cut out"
        case .input(let window, let limit):
            "windows of \(window): at most \(limit) pixels are possible, since there are larger pictures around them"
        case .tooLarge(let window, let width, let height):
            "a window of \(window) pixels does not fit into a picture of \(width)×\(height); choose smaller ones"
        case .tooSmall(let window, let least, let width, let height):
            "a window of \(window) pixels in a picture of \(width)×\(height): at least \(least) are possible, since the "
                + "picture is resized so that windows have the size of the network's input"
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
