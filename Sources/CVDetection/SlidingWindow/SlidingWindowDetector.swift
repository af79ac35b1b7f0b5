import CVClassification
import CVCore
import CVImage
import CVModels
import CVTensor

/// Finds objects with a classifier that is shown the picture through windows of several sizes.
///
/// ```swift
/// let detector = try SlidingWindowDetector(Classifier("run/best.safetensors"))
/// for found in try detector.detect(Image(contentsOf: "photo.jpg")) {
///     print(found.label, found.confidence, found.box)
/// }
/// ```
/// For each size of a window the picture is resized so that such a window has the size of the network's input. What the
/// classifier says with confidence about a window is a detection; of those that overlap the most confident stays.
///
/// A classifier that never saw a background calls everything something: classes for what is no object, or a high
/// confidence, keep its detections few. Nor was it told to be surest where an object is in the middle: a box may be a quarter
/// of its side beside the object.
public struct SlidingWindowDetector: Sendable {
    /// The names of the classes, by index.
    public var labels: [String] { classifier.labels }
    public let classifier: Classifier
    private let windows: SlidingWindows

    /// What is asked of a detection here: more than of a detector that learnt what is no object.
    public static let defaultOptions: DetectionOptions = {
        var options = DetectionOptions()
        options.confidence = 0.9
        options.iouThreshold = 0.3
        return options
    }()

    /// stride: pixels of the network's input from one window to the next; nil as for `SlidingWindows`.
    ///
    /// - Throws: `SlidingWindowError` for a network that cannot do it, or a stride that it cannot have.
    public init(_ classifier: Classifier, method: SlidingWindows.Method = .convolutional, stride: Int? = nil) throws {
        self.classifier = classifier
        let preparation = classifier.preprocessing
        let window = ClassifierArchitecture.Input(
            channels: preparation.channels.count, height: preparation.height, width: preparation.width)
        guard window.height * window.width <= Self.maximumPixels else {
            throw SlidingWindowError.input(window, limit: Self.maximumPixels)
        }
        windows = try SlidingWindows(classifier.network, window: window, method: method, stride: stride)
    }

    /// The objects in `image`, the most confident first.
    ///
    /// sides: the windows, by their shorter side in pixels of the picture; those that do not fit are passed over. nil is
    /// `sides(for:)`.
    ///
    /// - Throws: `SlidingWindowError` where no window fits, or one is so small that the picture would become huge.
    public func detect(
        _ image: Image, sides: [Int]? = nil, options: DetectionOptions = defaultOptions
    ) throws -> [Detection] {
        let scales = try scales(for: image, sides: sides)
        return read(scales.map { ($0, run($0, prepare(image, for: $0))) }, of: image, options: options)
    }

    // The steps of `detect`, for those who want to time or replace one.

    /// The picture in the size at which windows of `side` pixels have that of the network's input.
    public struct Scale: Sendable, Equatable {
        public let side: Int
        public let width, height: Int
    }

    /// The sizes in which the picture is looked at, in the order of `sides`.
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
            func scaled(_ size: Int, _ window: Int) -> Int { max(window, Int((Double(size) * scale).rounded())) }
            return Scale(
                side: side, width: scaled(image.width, windows.window.width),
                height: scaled(image.height, windows.window.height))
        }
    }

    /// From the largest window that fits, each smaller by √2, down to the size of the network's input: six at most.
    public func sides(for image: Image) -> [Int] {
        let largest = largestSide(of: image)
        let least = max(leastSide(of: image), inputSide)
        var sides = [largest]
        var side = Double(largest) * 0.5.squareRoot()
        while sides.count < 6, Int(side) >= least {
            sides.append(Int(side))
            side *= 0.5.squareRoot()
        }
        return sides
    }

    /// The network's input for the whole picture: [1, C, height, width].
    public func prepare(_ image: Image, for scale: Scale) -> Tensor {
        var preparation = classifier.preprocessing
        (preparation.width, preparation.height, preparation.resize) = (scale.width, scale.height, .stretch)
        return preparation.tensor(image)
    }

    /// The logits of all windows: [1, labels, rows, columns].
    public func run(_ scale: Scale, _ input: Tensor) -> Tensor { windows(input) }

    /// What they say, in pixels of the picture.
    public func read(
        _ logits: [(scale: Scale, logits: Tensor)], of image: Image, options: DetectionOptions = defaultOptions
    ) -> [Detection] {
        let candidates = logits.flatMap { self.candidates($0.scale, $0.logits, image, options.confidence) }
        return detections(
            from: candidates, options: options, labels: labels, width: image.width, height: image.height,
            toSource: { $0 })
    }

    /// The most probable class of each window, where it is probable enough.
    private func candidates(_ scale: Scale, _ logits: Tensor, _ image: Image, _ confidence: Float) -> [Candidate] {
        let (classes, rows, columns) = (logits.shape[1], logits.shape[2], logits.shape[3])
        let probabilities = softmax(transposed(logits.reshaped([classes, rows * columns])))
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

    /// A window smaller than this would make more pixels, or more logits, than there should be memory for.
    private func leastSide(of image: Image) -> Int {
        let logits = Self.maximumLogits / max(labels.count, 1) * windows.stride * windows.stride
        let pixels = Double(max(1, min(Self.maximumPixels, logits)))
        let ratio = Double(image.width) * Double(image.height) / pixels
        return max(1, Int((Double(inputSide) * ratio.squareRoot()).rounded(.up)))
    }

    /// The first maps of VGG take a quarter of a gigabyte then.
    private static let maximumPixels = 1 << 20, maximumLogits = 1 << 25
}
