import CVClassification
import CVCore
import CVImage
import CVModels
import CVTask
import CVTensor

/// Finds objects by applying a classifier to sliding windows of several sizes.
///
/// ```swift
/// let detector = try SlidingWindowDetector(Classifier("run/best.safetensors"))
/// for found in try detector.detect(Image(contentsOf: "photo.jpg")) {
///     print(found.label, found.confidence, found.box)
/// }
/// ```
/// For each window size the image is resized so that the window has the size of the network's input. A confident prediction
/// for a window becomes a detection; non-max suppression keeps the most confident of overlapping ones.
///
/// A classifier trained without background images assigns an object class to every window: background classes or a high
/// minimum confidence limit false positives. Nor is it trained to be most confident when the object is centered: a box may be
/// off by a quarter of its side.
public struct SlidingWindowDetector: Sendable {
    /// The names of the classes, by index.
    public var labels: [String] { classifier.labels }
    /// The classifier that is applied to the windows.
    public let classifier: Classifier
    private let windows: SlidingWindows

    /// The default options. They are stricter than those of a detector that has learned what background is.
    public static let defaultOptions: DetectionOptions = {
        var options = DetectionOptions()
        options.confidence = 0.9
        options.iouThreshold = 0.3
        return options
    }()

    /// Creates a detector from a classifier.
    ///
    /// - Parameters:
    ///   - classifier: the classifier of one window.
    ///   - method: how windows are evaluated.
    ///   - stride: the distance between windows in pixels of the network's input; nil for the default of `SlidingWindows`.
    /// - Throws: `SlidingWindowError` if the network or the stride is not supported.
    public init(_ classifier: Classifier, method: SlidingWindows.Method = .convolutional, stride: Int? = nil) throws {
        self.classifier = classifier
        let preparation = classifier.preprocessing
        let window = ModelSpec.Input(
            channels: preparation.channels.count, height: preparation.height, width: preparation.width)
        guard window.height * window.width <= Self.maximumPixels else {
            throw SlidingWindowError.input(window, limit: Self.maximumPixels)
        }
        windows = try SlidingWindows(classifier.network, window: window, method: method, stride: stride)
    }

    /// Finds the objects in an image.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - sides: the shorter sides of the windows in pixels of the image; windows that do not fit are skipped. Nil for
    ///     `sides(for:)`.
    ///   - options: thresholds and the selection of classes.
    /// - Returns: the detections in pixels of the image, the most confident first.
    /// - Throws: `SlidingWindowError` if no window fits, or a window is so small that the resized image would be too large;
    ///   `NonFiniteOutput` if the network computes NaN or infinity.
    public func detect(
        _ image: Image, sides: [Int]? = nil, options: DetectionOptions = defaultOptions
    ) throws -> [Detection] {
        let scales = try scales(for: image, sides: sides)
        return read(try scales.map { ($0, try run($0, prepare(image, for: $0))) }, of: image, options: options)
    }

    // The steps of `detect`, for callers that time or replace one of them.

    /// The size to which an image is resized so that windows of `side` pixels have the size of the network's input.
    public struct Scale: Sendable, Equatable {
        /// The shorter side of a window in pixels of the image.
        public let side: Int
        /// The size of the resized image in pixels.
        public let width, height: Int
    }

    /// The sizes at which an image is processed.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - sides: the shorter sides of the windows in pixels of the image; nil for `sides(for:)`.
    /// - Returns: one scale for each window that fits, in the order of `sides`.
    /// - Throws: `SlidingWindowError` if no window fits, or a window is so small that the resized image would be too large.
    public func scales(for image: Image, sides: [Int]?) throws(SlidingWindowError) -> [Scale] {
        let (largest, least) = (largestSide(of: image), leastSide(of: image))
        let asked = sides ?? self.sides(for: image)
        let fitting = asked.filter { $0 <= largest }
        guard !fitting.isEmpty else {
            throw .tooLarge(window: asked.min() ?? 1, width: image.width, height: image.height)
        }
        for side in fitting where side < least {
            throw .tooSmall(window: side, least: least, width: image.width, height: image.height)
        }
        return fitting.map { side in
            let scale = Double(inputSide) / Double(side)
            func scaled(_ size: Int, _ window: Int) -> Int {
                max(window, Int(clamping: (Double(size) * scale).rounded()))
            }
            return Scale(
                side: side, width: scaled(image.width, windows.window.width),
                height: scaled(image.height, windows.window.height))
        }
    }

    /// The default window sizes of an image.
    ///
    /// - Parameter image: of any size.
    /// - Returns: at most six sides, from the largest window that fits down to the network's input, in steps of √2.
    public func sides(for image: Image) -> [Int] {
        let largest = largestSide(of: image)
        let least = max(leastSide(of: image), inputSide)
        var sides = [largest]
        var side = Double(largest) * 0.5.squareRoot()
        while sides.count < 6, Int(clamping: side) >= least {
            sides.append(Int(clamping: side))
            side *= 0.5.squareRoot()
        }
        return sides
    }

    /// The network's input for the whole image.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - scale: one of `scales(for:sides:)`.
    /// - Returns: [1, C, height, width].
    public func prepare(_ image: Image, for scale: Scale) -> Tensor {
        var preparation = classifier.preprocessing
        (preparation.width, preparation.height, preparation.resize) = (scale.width, scale.height, .stretch)
        return preparation.tensor(image)
    }

    /// The logits of all windows.
    ///
    /// - Parameters:
    ///   - scale: the scale of the input.
    ///   - input: [1, C, height, width], as produced by `prepare(_:for:)`.
    /// - Returns: [1, labels, rows, columns].
    /// - Throws: `NonFiniteOutput` if they are NaN or infinite.
    public func run(_ scale: Scale, _ input: Tensor) throws(NonFiniteOutput) -> Tensor { try windows(input) }

    /// Converts the logits of all scales to detections.
    ///
    /// - Parameters:
    ///   - logits: for each scale the result of `run(_:_:)`.
    ///   - image: the image that the scales belong to.
    ///   - options: thresholds and the selection of classes.
    /// - Returns: the detections in pixels of the image, the most confident first.
    public func read(
        _ logits: [(scale: Scale, logits: Tensor)], of image: Image, options: DetectionOptions = defaultOptions
    ) -> [Detection] {
        let candidates = logits.flatMap { self.candidates($0.scale, $0.logits, image, options.confidence) }
        return detections(
            from: candidates, options: options, labels: labels, width: image.width, height: image.height,
            toSource: { $0 })
    }

    /// The most probable class of each window, if its probability reaches `confidence`.
    private func candidates(_ scale: Scale, _ logits: Tensor, _ image: Image, _ confidence: Float) -> [Candidate] {
        let (classes, rows, columns) = (logits.shape[1], logits.shape[2], logits.shape[3])
        let probabilities = softmax(logits.reshaped([classes, rows * columns]).transposed())
        let (x, y) = (Float(image.width) / Float(scale.width), Float(image.height) / Float(scale.height))
        return probabilities.withValues { values in
            (0..<rows * columns).compactMap { position in
                let own = values[position * classes..<(position + 1) * classes]
                guard let best = own.indices.max(by: { own[$0] < own[$1] }), own[best] >= confidence else { return nil }
                let left = Float(position % columns * windows.stride) * x
                let top = Float(position / columns * windows.stride) * y
                let box = Box(
                    minX: left, minY: top, maxX: left + Float(windows.window.width) * x,
                    maxY: top + Float(windows.window.height) * y)
                return Candidate(classIndex: best - position * classes, confidence: own[best], box: box)
            }
        }
    }

    /// The shorter side of the network's input.
    private var inputSide: Int { min(windows.window.width, windows.window.height) }

    private func largestSide(of image: Image) -> Int {
        min(
            image.width * inputSide / windows.window.width, image.height * inputSide / windows.window.height)
    }

    /// The smallest window whose resized image stays within the limits of pixels and logits.
    private func leastSide(of image: Image) -> Int {
        let logits = Self.maximumLogits / max(labels.count, 1) * windows.stride * windows.stride
        let pixels = Double(max(1, min(Self.maximumPixels, logits)))
        let ratio = Double(image.width) * Double(image.height) / pixels
        return max(1, Int(clamping: (Double(inputSide) * ratio.squareRoot()).rounded(.up)))
    }

    /// Limits of memory: at this size the first feature maps of VGG take a quarter of a gigabyte.
    private static let maximumPixels = 1 << 20, maximumLogits = 1 << 25
}
