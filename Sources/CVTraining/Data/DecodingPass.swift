import CVCore
import CVImage
import CVTask
import CVWeights
import Synchronization

/// One pass over all images of a set, in parallel: what was decoded, and what could not be.
struct DecodingPass {
    let preprocessing: Preprocessing
    /// Nil if the samples together are beyond the limit.
    var memory: SampleMemory?
    /// By index of the data set's items.
    let failures: [Int: any Error]

    /// - Parameters:
    ///   - memoryLimit: bytes of samples that may be kept.
    ///   - inspect: called on any thread with each sample in its own size, and its index.
    ///   - progress: called on any thread, one call at a time, with the number of images done and of all.
    init(
        _ dataset: ImageDataset, _ preprocessing: Preprocessing, memoryLimit: Int,
        inspecting inspect: (_ index: Int, Sample) -> Void = { _, _ in },
        progress: (_ done: Int, _ of: Int) -> Void
    ) {
        let layout = SampleLayout(dataset, preprocessing)
        let isKept = layout.bytes.map { $0 <= memoryLimit } ?? false
        let count = isKept ? layout.images : 0
        let failed = Mutex<[Int: any Error]>([:])
        let annotations = Mutex([SampleAnnotations](repeating: .none, count: layout.isAnnotated ? count : 0))
        let done = Mutex(0)
        let pixels = [UInt8](unsafeUninitializedCapacity: layout.bytesPerImage * count) { buffer, initialized in
            initialized = layout.bytesPerImage * count
            HugePages.advise(buffer.baseAddress, bytes: initialized)
            Parallel.forEach(layout.images) { index in
                let target = isKept ? layout.slot(index, of: buffer) : nil
                do {
                    let sample = try dataset.sample(at: index)
                    inspect(index, sample)
                    if let target {
                        let fitted = preprocessing.fitted(sample)
                        _ = target.update(from: fitted.pixels)
                        if layout.isAnnotated { annotations.withLock { $0[index] = fitted.annotations } }
                    }
                } catch {
                    failed.withLock { $0[index] = error }
                    target?.update(repeating: 0)
                }
                done.withLock {
                    $0 += 1
                    progress($0, layout.images)
                }
            }
        }
        self.preprocessing = preprocessing
        failures = failed.withLock { $0 }
        memory = isKept ? SampleMemory(pixels, layout, annotations.withLock { $0 }) : nil
    }
}

/// Where the samples of a set lie in memory: one image after the other.
struct SampleLayout: Sendable {
    let images: Int
    let bytesPerImage: Int
    /// Whether images have more than a label.
    let isAnnotated: Bool
    /// Of all samples with their masks; nil beyond what an Int holds.
    let bytes: Int?

    init(_ dataset: ImageDataset, _ preprocessing: Preprocessing) {
        let pixels = preprocessing.height * preprocessing.width
        images = dataset.items.count
        bytesPerImage = pixels * preprocessing.channels.count
        isAnnotated = dataset.items.contains { $0.annotation.isSpatial }
        let hasMasks = dataset.items.contains { $0.annotation.hasMask }
        let (product, overflows) = (bytesPerImage + (hasMasks ? pixels : 0)).multipliedReportingOverflow(by: images)
        bytes = overflows ? nil : product
    }

    func slot(_ index: Int, of buffer: UnsafeMutableBufferPointer<UInt8>) -> UnsafeMutableBufferPointer<UInt8> {
        UnsafeMutableBufferPointer(rebasing: buffer[index * bytesPerImage..<(index + 1) * bytesPerImage])
    }
}

/// Samples in memory: 8 bits for each channel of each pixel, one image after the other.
struct SampleMemory: Sendable {
    /// [images, height, width, channels].
    private let pixels: [UInt8]
    private let layout: SampleLayout
    /// Of each image; empty if none has any.
    private let annotations: [SampleAnnotations]

    init(_ pixels: [UInt8], _ layout: SampleLayout, _ annotations: [SampleAnnotations]) {
        (self.pixels, self.layout, self.annotations) = (pixels, layout, annotations)
    }

    /// The same samples, with another value in place of one in all masks.
    func replacing(_ value: UInt8, by other: UInt8) -> SampleMemory {
        SampleMemory(
            pixels, layout,
            annotations.map { annotations in
                var result = annotations
                result.masks = annotations.masks.map { $0.replacing(value, by: other) }
                return result
            })
    }

    func withPixels<Result>(of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        let start = index * layout.bytesPerImage
        return try pixels.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[start..<start + layout.bytesPerImage]))
        }
    }

    func fittedSample(at index: Int) -> FittedSample {
        FittedSample(
            pixels: withPixels(of: index) { Array($0) },
            annotations: annotations.isEmpty ? .none : annotations[index])
    }
}

/// What moves with an image: all of a `Sample` but the image and its label.
struct SampleAnnotations: Sendable {
    var boxes: [LabeledBox] = []
    var masks: [Mask] = []
    var keypoints: [[Keypoint]] = []
    /// What is image and not the frame around it, at the upper left; nil for all.
    var content: DatasetDefect.Size?

    static let none = SampleAnnotations()
}

/// A sample at the size of a network's input.
struct FittedSample: Sendable {
    /// [height, width, channels] in the order RGB, or gray.
    let pixels: [UInt8]
    let annotations: SampleAnnotations

    /// - Parameters:
    ///   - preprocessing: that it was fitted by.
    ///   - label: of the item.
    func sample(_ preprocessing: Preprocessing, label: Int?) -> Sample {
        let colors = preprocessing.channels == .gray ? pixels.flatMap { [$0, $0, $0] } : pixels
        var image = Image(
            width: preprocessing.width, height: preprocessing.height, format: .rgb, pixels: colors)
        if let content = annotations.content {
            image = image.cropped(x: 0, y: 0, width: content.width, height: content.height)
        }
        return Sample(
            image, boxes: annotations.boxes, masks: annotations.masks, keypoints: annotations.keypoints, label: label)
    }
}

extension Preprocessing {
    /// A sample brought to the size of the input; its annotations move along.
    ///
    /// - Parameter sample: in its own size. One with annotations must be stretched in RGB, or letterboxed at the upper left if it
    ///   has boxes alone: others would need a map that nothing asks for yet.
    func fitted(_ sample: Sample) -> FittedSample {
        if resize == .letterbox, alignment == .topLeft { return framed(sample) }
        guard sample.isAnnotated else { return FittedSample(pixels: samples(sample.image), annotations: .none) }
        precondition(
            resize == .stretch && channels == .rgb,
            "boxes, masks and keypoints with \(resize.rawValue) to \(channels): stretch to rgb expected")
        let isFitting = sample.image.width == width && sample.image.height == height
        let resized = isFitting ? sample : sample.resized(width: width, height: height)
        return FittedSample(
            pixels: resized.image.pixels,
            annotations: SampleAnnotations(
                boxes: resized.boxes, masks: resized.masks, keypoints: resized.keypoints))
    }
}

extension Preprocessing {
    /// A letterboxed sample with its boxes; how large the image in the frame is goes with it.
    private func framed(_ sample: Sample) -> FittedSample {
        precondition(
            sample.masks.isEmpty && sample.keypoints.isEmpty && channels != .gray,
            "masks and keypoints with a letterbox to \(channels)")
        let letterbox = letterbox(width: sample.image.width, height: sample.image.height)
        let (width, height) = (letterbox.resizedWidth, letterbox.resizedHeight)
        let boxes = sample.boxes.map { labeled in
            LabeledBox(letterbox.toTarget(labeled.box).clipped(width: width, height: height), label: labeled.label)
        }
        return FittedSample(
            pixels: samples(sample.image), annotations: SampleAnnotations(boxes: boxes, content: .init(width, height)))
    }
}

extension Sample {
    fileprivate var isAnnotated: Bool { !boxes.isEmpty || !masks.isEmpty || !keypoints.isEmpty }
}
