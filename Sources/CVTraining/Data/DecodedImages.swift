import CVCore
import CVImage
import CVTask
import CVWeights

/// An image of the set that does not decode, and why.
public struct UndecodableImage: Sendable {
    /// The item of the data set.
    public let item: ImageDataset.Item
    /// Why it does not decode.
    public let error: any ToolkitError
}

/// The images of a set, decoded once and brought to the size of a network's input, with their annotations.
///
/// Those that do not decode are left out and listed in `broken`. In memory as 8-bit samples if that is within the limit;
/// else each is decoded again whenever it is asked for.
public struct DecodedImages: Sendable {
    /// The data set that was decoded.
    public let dataset: ImageDataset
    /// Those that decode, in the order of the data set.
    public let items: [ImageDataset.Item]
    /// Those that do not decode, in the order of the data set.
    public let broken: [UndecodableImage]
    /// How they were resized; its mean and deviation play no part here.
    public let preprocessing: Preprocessing
    /// Of each item, its index in the data set, and in `memory`.
    private let indices: [Int]
    /// Nil if images are decoded anew each time.
    private let memory: SampleMemory?

    /// - Parameter pass: over all of `dataset`; its failures become `broken`.
    init(_ dataset: ImageDataset, _ pass: DecodingPass) {
        (self.dataset, preprocessing, memory) = (dataset, pass.preprocessing, pass.memory)
        indices = dataset.items.indices.filter { pass.failures[$0] == nil }
        items = indices.map { dataset.items[$0] }
        broken = dataset.items.indices.compactMap { index in
            pass.failures[index].map { error in
                let item = dataset.items[index]
                let error =
                    error as? any ToolkitError
                    ?? DatasetError(dataset.path, .undecodable(item.name, reason: "\(error)"))
                return UndecodableImage(item: item, error: error)
            }
        }
    }

    /// The names of the classes; empty if nothing names them.
    public var classes: [String] { dataset.classes ?? [] }
    /// Whether the samples are in memory; else each is decoded whenever it is asked for.
    public var isInMemory: Bool { memory != nil }
    /// How many images each class has.
    public var counts: [Int] { items.countsByLabel(classes: classes.count) }

    /// Calls `body` with the height × width × channels samples of an image, in the order RGB, or gray.
    ///
    /// - Throws: `FileError` or `ImageError` if the image is not in memory and its file has changed since.
    func withPixels<Result>(of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) throws -> Result {
        if let memory { return try memory.withPixels(of: indices[index], body) }
        return try preprocessing.fitted(original(at: index)).pixels.withUnsafeBufferPointer(body)
    }

    /// A sample at the size of the network's input, to be augmented.
    ///
    /// - Parameter index: of `items`.
    /// - Returns: an RGB image (a gray one has its level in all three channels), with its label and annotations.
    /// - Throws: `FileError`, `ImageError` or `DatasetDefect.Problem` if the image is not in memory and a file has changed
    ///   since.
    public func sample(at index: Int) throws -> Sample {
        let fitted =
            try memory?.fittedSample(at: indices[index]) ?? preprocessing.fitted(original(at: index))
        return fitted.sample(preprocessing, label: items[index].label)
    }

    /// A sample in its own size, decoded anew.
    ///
    /// - Parameter index: of `items`.
    /// - Returns: what `ImageDataset.sample(of:)` returns for the item.
    /// - Throws: `FileError`, `ImageError` or `DatasetDefect.Problem` if a file has changed since it was first decoded.
    public func original(at index: Int) throws -> Sample { try dataset.sample(of: items[index]) }
}

extension ImageDataset {
    /// Decodes all images, in parallel, and resizes them as `preprocessing` says.
    ///
    /// - Parameters:
    ///   - preprocessing: the size and channels of the network's input, and how an image is brought to it.
    ///   - memoryLimit: bytes of samples that may be kept.
    ///   - progress: called on any thread, one call at a time, with the number of images done and of all.
    /// - Returns: the images that decode.
    /// - Throws: `DatasetError` if no image of a class decodes.
    public func decoded(
        for preprocessing: Preprocessing, memoryLimit: Int = 1 << 30,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(DatasetError) -> DecodedImages {
        let pass = DecodingPass(self, preprocessing, memoryLimit: memoryLimit, progress: progress)
        let result = DecodedImages(self, pass)
        try result.checkClasses()
        return result
    }
}

extension DecodedImages {
    /// A class that is lost since none of its images decodes can neither be learned nor evaluated; nor can no images at
    /// all.
    fileprivate func checkClasses() throws(DatasetError) {
        for (label, count) in counts.enumerated() where count == 0 {
            let mine = broken.filter { $0.item.label == label }
            if mine.isEmpty { continue }
            throw DatasetError(
                dataset.path,
                .allBroken(class: classes[label], count: mine.count, first: mine.first.map { "\($0.error)" } ?? ""))
        }
        if items.isEmpty {
            throw DatasetError(
                dataset.path,
                .allBroken(class: nil, count: broken.count, first: broken.first.map { "\($0.error)" } ?? ""))
        }
    }
}
