import CVCore
import CVImage
import CVWeights
import Synchronization

/// A picture of the set that does not decode, and why.
public struct UndecodableImage: Sendable {
    public let item: ClassificationDataset.Item
    public let error: any ToolkitError
}

/// The pictures of a set, decoded once and brought to the size of a network's input.
///
/// Those that do not decode are left out and listed in `broken`. In memory as 8-bit samples where that is within the
/// limit; else each is decoded again whenever it is asked for.
public struct DecodedImages: Sendable {
    public let dataset: ClassificationDataset
    /// Those that decode, in the order of the data set.
    public let items: [ClassificationDataset.Item]
    public let broken: [UndecodableImage]
    /// How they were resized; its mean and deviation play no part here.
    public let preprocessing: Preprocessing
    /// Empty when they are decoded anew each time; else [slots, height, width, channels].
    let pixels: [UInt8]
    /// Of each item, its place in `pixels`.
    let slots: [Int]

    public var classes: [String] { dataset.classes }
    public var isInMemory: Bool { !pixels.isEmpty }
    /// Samples of one picture: height × width × channels.
    var imageBytes: Int { preprocessing.height * preprocessing.width * preprocessing.channels.count }
    /// How many pictures each class has.
    public var counts: [Int] { items.countsByLabel(classes: classes.count) }

    /// Calls `body` with the height × width × channels samples of a picture, in the order RGB, or grey.
    ///
    /// - Throws: `FileError` or `ImageError` when the picture is not in memory and its file has changed since.
    func withPixels<Result>(of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) throws -> Result {
        if isInMemory {
            let start = slots[index] * imageBytes
            return try pixels.withUnsafeBufferPointer {
                try body(UnsafeBufferPointer(rebasing: $0[start..<start + imageBytes]))
            }
        }
        let samples = try preprocessing.samples(dataset.image(of: items[index]))
        return try samples.withUnsafeBufferPointer(body)
    }
}

extension ClassificationDataset {
    /// Decodes all pictures, in parallel, and resizes them as `preprocessing` says.
    ///
    /// - Parameters:
    ///   - memoryLimit: bytes of samples that may be kept.
    ///   - progress: called on any thread, one call at a time, with the pictures done and all of them.
    /// - Throws: `DatasetError` when no picture of a class decodes.
    public func decoded(
        for preprocessing: Preprocessing, memoryLimit: Int = 1 << 30,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(DatasetError) -> DecodedImages {
        let size = preprocessing.height * preprocessing.width * preprocessing.channels.count
        let (bytes, overflows) = size.multipliedReportingOverflow(by: items.count)
        let isKept = !overflows && bytes <= memoryLimit
        let errors = Mutex<[Int: any ToolkitError]>([:])
        let done = Mutex(0)
        let pixels = [UInt8](unsafeUninitializedCapacity: isKept ? bytes : 0) { buffer, count in
            count = isKept ? bytes : 0
            HugePages.advise(buffer.baseAddress, bytes: count)
            Parallel.forEach(items.count) { index in
                do {
                    let samples = try preprocessing.samples(image(of: items[index]))
                    if isKept {
                        _ = UnsafeMutableBufferPointer(rebasing: buffer[index * size..<(index + 1) * size])
                            .update(from: samples)
                    }
                } catch {
                    let error =
                        error as? any ToolkitError
                        ?? DatasetError(path, .undecodable(items[index].name, reason: "\(error)"))
                    errors.withLock { $0[index] = error }
                    if isKept { buffer[index * size..<(index + 1) * size].update(repeating: 0) }
                }
                done.withLock {
                    $0 += 1
                    progress($0, items.count)
                }
            }
        }
        let failures = errors.withLock { $0 }
        let kept = items.indices.filter { failures[$0] == nil }
        let broken = items.indices.compactMap { index in
            failures[index].map { UndecodableImage(item: items[index], error: $0) }
        }
        let result = DecodedImages(
            dataset: self, items: kept.map { items[$0] }, broken: broken, preprocessing: preprocessing,
            pixels: pixels, slots: kept)
        try result.checkClasses()
        return result
    }
}

extension DecodedImages {
    /// A class without pictures can neither be learnt nor evaluated.
    fileprivate func checkClasses() throws(DatasetError) {
        for (label, count) in counts.enumerated() where count == 0 {
            let mine = broken.filter { $0.item.label == label }
            throw DatasetError(
                dataset.path,
                .allBroken(class: classes[label], count: mine.count, first: mine.first.map { "\($0.error)" } ?? ""))
        }
    }
}
