import CVCore
import CVWeights

extension ModelSpec {
    /// What a network can be built and run with.
    public struct Limits: Sendable, Equatable {
        /// The numbers of classes that the byte of a mask distinguishes: 255 is for pixels of no class. What is trained on
        /// masks, or gives one, has as many.
        public static let maskClasses = 2...255

        /// How many classes the network may have.
        public let classes: ClosedRange<Int>
        /// How many channels its input may have.
        public let channels: ClosedRange<Int>
        /// Height and width in pixels.
        public let sides: ClosedRange<Int>
        /// Height and width are multiples of it.
        public let sideMultiple: Int

        init(
            classes: ClosedRange<Int> = 1...100_000, channels: ClosedRange<Int> = 1...64, minimumSide: Int = 1,
            maximumSide: Int = 4096, sideMultiple: Int = 1
        ) {
            (self.classes, self.channels, self.sideMultiple) = (classes, channels, sideMultiple)
            sides = minimumSide...maximumSide
        }
    }

    /// Smallest height and width.
    public var minimumSide: Int { limits.sides.lowerBound }

    /// Whether such a network can be built and its sizes are sensible.
    ///
    /// - Parameters:
    ///   - classes: how many it would have.
    ///   - input: the size of its images.
    /// - Throws: `ArchitectureError` with what is expected.
    public func check(classes: Int, input: Input) throws(ArchitectureError) {
        guard limits.classes.contains(classes) else {
            throw .classes(architecture: name, found: classes, allowed: limits.classes)
        }
        try check(input)
    }

    /// Whether images of this size can go through.
    ///
    /// - Parameter input: the size of one image.
    /// - Throws: `ArchitectureError` with what is expected.
    public func check(_ input: Input) throws(ArchitectureError) {
        guard limits.channels.contains(input.channels) else {
            throw .channels(architecture: name, found: input.channels, allowed: limits.channels)
        }
        guard limits.sides.contains(input.height), limits.sides.contains(input.width) else {
            throw .size(architecture: name, found: input, allowed: limits.sides)
        }
        let multiple = limits.sideMultiple
        guard input.height % multiple == 0, input.width % multiple == 0 else {
            throw .multiple(architecture: name, found: input, of: multiple)
        }
    }
}

extension ModelSpec.Input {
    /// What weights with this preprocessing take.
    ///
    /// - Parameter preprocessing: that of their metadata.
    public init(_ preprocessing: Preprocessing) {
        self.init(
            channels: preprocessing.channels.count, height: preprocessing.height, width: preprocessing.width)
    }
}

extension ModelSpec {
    /// How an image becomes the input of a network.
    public enum Preparation: Sendable {
        /// Stretched, from 0 to 1.
        case stretched
        /// Stretched, with ImageNet's mean and deviation: for networks with a backbone that learned from it.
        case stretchedImageNet
        /// The center, with ImageNet's mean and deviation, as torchvision evaluates its networks.
        case imageNet
        /// The center, from -1 to 1: torchvision's `transform_input` for weights that came from TensorFlow.
        case centered
        /// Proportions kept, gray around, from 0 to 1: darknet's.
        case letterboxed
        /// Proportions kept, gray around, with ImageNet's mean and deviation: for detectors with a backbone that learned from it.
        case letterboxedImageNet
        /// Proportions kept, black around, BGR from 0 to 255: OpenCV's.
        case letterboxedBGR
        /// Proportions kept, at the upper left of gray, BGR from 0 to 255, resized as by OpenCV: that of YOLOX.
        case letterboxedTopLeft
        /// Proportions kept, black around, from -1 to 1: MediaPipe's.
        case letterboxedSigned
        /// Stretched, without the mean of ImageNet, from 0 to 255: Caffe's.
        case caffe
        /// Stretched, (level - mean) / deviation.
        case leveled(mean: [Float], deviation: Float)
    }

    /// How an image becomes the input of this network where the weights do not say.
    ///
    /// - Parameter input: of 3 channels or 1; one channel is stretched, from 0 to 1, whatever the network.
    /// - Returns: the preprocessing for an input of this size.
    public func preprocessing(for input: Input? = nil) -> Preprocessing {
        let input = input ?? defaultInput
        guard input.channels != 1 else {
            return Preprocessing(width: input.width, height: input.height, resize: .stretch, channels: .gray)
        }
        func made(_ resize: Preprocessing.Resize, mean: [Double]? = nil, std: [Double]? = nil) -> Preprocessing {
            Preprocessing(
                width: input.width, height: input.height, resize: resize,
                shorterSide: resize == .crop ? Self.shorterSide(forCrop: max(input.width, input.height)) : nil,
                fill: resize == .letterbox ? [127.5, 127.5, 127.5] : nil, mean: mean?.map { Float($0 * 255) },
                std: std?.map { Float($0 * 255) })
        }
        let (mean, deviation) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        switch preparation {
        case .stretched: return made(.stretch)
        case .stretchedImageNet: return made(.stretch, mean: mean, std: deviation)
        case .imageNet: return made(.crop, mean: mean, std: deviation)
        case .centered: return made(.crop, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
        case .letterboxed: return made(.letterbox)
        case .letterboxedImageNet: return made(.letterbox, mean: mean, std: deviation)
        case .letterboxedBGR:
            return Preprocessing(
                width: input.width, height: input.height, resize: .letterbox, fill: [0, 0, 0],
                channels: .bgr, mean: [0, 0, 0], std: [1, 1, 1])
        case .letterboxedTopLeft:
            return Preprocessing(
                width: input.width, height: input.height, resize: .letterbox, alignment: .topLeft, filter: .linear,
                fill: [114, 114, 114], channels: .bgr, mean: [0, 0, 0], std: [1, 1, 1])
        case .letterboxedSigned:
            return Preprocessing(
                width: input.width, height: input.height, resize: .letterbox, fill: [0, 0, 0],
                mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5])
        case .leveled(let mean, let deviation):
            return Preprocessing(
                width: input.width, height: input.height, resize: .stretch, mean: mean,
                std: [deviation, deviation, deviation])
        case .caffe:
            var preprocessing = made(.stretch)
            (preprocessing.mean, preprocessing.std) = ([122.67892, 116.66877, 104.00699], [1, 1, 1])
            return preprocessing
        }
    }

    /// What the shorter side is resized to before the center is cut out: 256 for crops of 224, 342 for those of 299.
    ///
    /// - Parameter side: the longer side of the crop, in pixels.
    /// - Returns: the shorter side of the resized image, in pixels.
    public static func shorterSide(forCrop side: Int) -> Int { (side * 8 + 3) / 7 }
}
