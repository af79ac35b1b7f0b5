import CVCore
import CVImage
import CVSegmentation
import CVWeights
import Synchronization

/// The pictures and masks of a set, all of them checked, and brought to one size.
///
/// In memory where that is within the limit; else each is decoded again whenever it is asked for.
public struct SegmentationImages: Sendable {
    public let dataset: SegmentationDataset
    public let labels: SegmentationLabels
    /// Of all pictures, in pixels; those of another size are stretched to it, their masks to the nearest value.
    public let width, height: Int
    /// Of each picture, how many pixels of its mask are of each class.
    public let counts: [[Int]]
    /// Empty when they are decoded anew each time.
    private let samples: [Sample]

    public var items: [SegmentationDataset.Item] { dataset.items }

    /// Decodes everything, in parallel, and checks it.
    ///
    /// - Parameters:
    ///   - size: nil for that of the first picture, made smaller where its longer side is above 512.
    ///   - memoryLimit: bytes of pictures and masks that may be kept.
    ///   - progress: called on any thread, one call at a time, with the pictures done and all of them.
    /// - Throws: `SegmentationDataError` with all that is wrong with any of them.
    public init(
        _ dataset: SegmentationDataset, size: (width: Int, height: Int)? = nil, memoryLimit: Int = 1 << 30,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        let (width, height) = size ?? Self.size(of: dataset)
        let pixels = width * height * dataset.items.count
        let isKept = pixels <= memoryLimit / 4
        let found = Mutex<[Int: Found]>([:])
        let done = Mutex(0)
        Parallel.forEach(dataset.items.count) { index in
            let result = Found(dataset, dataset.items[index], keeping: isKept ? (width, height) : nil)
            found.withLock { $0[index] = result }
            done.withLock {
                $0 += 1
                progress($0, dataset.items.count)
            }
        }
        let all = found.withLock { found in dataset.items.indices.map { found[$0]! } }
        labels = try Self.labels(dataset, all)
        (self.dataset, self.width, self.height) = (dataset, width, height)
        counts = all.map { [labels] in Array($0.histogram[..<labels.names.count]) }
        samples = isKept ? all.compactMap(\.sample) : []
    }

    /// A set to evaluate weights on that know these classes: it must have the same, and no picture is kept.
    public init(
        checking dataset: SegmentationDataset, labels: SegmentationLabels,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        if let found = dataset.labels?.names, found != labels.names {
            throw SegmentationDataError(dataset.path, .otherClasses(expected: labels.names, found: found))
        }
        try self.init(dataset, memoryLimit: 0, progress: progress)
    }

    /// What one picture is found to be.
    private struct Found: Sendable {
        var sample: Sample?
        /// Pixels by their values, without those that are ignored.
        var histogram = [Int](repeating: 0, count: 256)
        var problem: SegmentationDefect.Problem?

        init(_ dataset: SegmentationDataset, _ item: SegmentationDataset.Item, keeping size: (width: Int, height: Int)?)
        {
            do {
                let (image, mask) = try dataset.read(item)
                for value in mask.values { histogram[Int(value)] += 1 }
                for value in dataset.ignored { histogram[Int(value)] = 0 }
                if let size { sample = dataset.sample(image, mask, width: size.width, height: size.height) }
            } catch let problem as SegmentationDefect.Problem {
                self.problem = problem
            } catch {
                problem = .undecodable(reason: "\(error)")
            }
        }
    }

    /// Those of the set, or as many as there are values; where everything is in order.
    private static func labels(_ dataset: SegmentationDataset, _ all: [Found]) throws -> SegmentationLabels {
        let highest = all.compactMap { $0.histogram.lastIndex { $0 > 0 } }.max()
        let labels =
            dataset.labels ?? SegmentationLabels((0..<max(min((highest ?? 0) + 1, 255), 2)).map { "\($0)" })
        let defects = zip(dataset.items, all).compactMap { item, found -> SegmentationDefect? in
            if let problem = found.problem { return SegmentationDefect(item.name, problem) }
            let unknown = (labels.names.count..<256).filter { found.histogram[$0] > 0 }
            return unknown.isEmpty ? nil : SegmentationDefect(item.name, .unknownValues(unknown.map { UInt8($0) }))
        }
        guard defects.isEmpty else {
            throw SegmentationDataError(
                dataset.path, .defects(defects, of: dataset.items.count, classes: labels.names.count))
        }
        guard highest != nil else { throw SegmentationDataError(dataset.path, .nothingLabeled) }
        return labels
    }

    private static let longestSide = 512

    private static func size(of dataset: SegmentationDataset) -> (width: Int, height: Int) {
        guard let info = dataset.items.lazy.compactMap({ try? ImageInfo(contentsOf: $0.image) }).first else {
            return (longestSide, longestSide)
        }
        let scale = min(1, Double(longestSide) / Double(max(info.width, info.height)))
        func side(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
        return (side(info.width), side(info.height))
    }

    /// A picture with its mask, in which all that does not count is `Mask.ignore`.
    ///
    /// - Throws: what reading throws, when they are not in memory and a file has changed since.
    package func sample(_ index: Int) throws -> Sample {
        if !samples.isEmpty { return samples[index] }
        let (image, mask) = try original(index)
        return dataset.sample(image, mask, width: width, height: height)
    }

    /// The same in its own size.
    func original(_ index: Int) throws -> (image: Image, mask: Mask) {
        let (image, mask) = try dataset.read(items[index])
        return (image, dataset.counting(mask))
    }

    /// Train, dev and test: as the folders are named, or by lot; see `DatasetSplit`.
    ///
    /// - Throws: `DatasetError` when a part that is asked for stays empty.
    public func split(holdout: Double, seed: UInt64) throws(DatasetError) -> DatasetSplit {
        try DatasetSplit(items, classes: 1, holdout: holdout, seed: seed, path: dataset.path)
    }

    /// For an input of mean 0 and deviation 1 over these pictures; see `DecodedImages.normalization`.
    public func normalization(over indices: [Int]) throws -> Preprocessing {
        try Preprocessing(width: width, height: height, resize: .stretch).normalized(over: indices.count) {
            position, count in
            try sample(indices[position]).image.pixels.withUnsafeBufferPointer(count)
        }
    }

    /// What to weigh each class by so that rare ones count as much: the median frequency over its own, a frequency being
    /// the class's part of the pixels of those pictures that it is in (Eigen & Fergus 2015, arXiv:1411.4734).
    ///
    /// A class that is in none of the pictures `indices` gets 1: it plays no part.
    public func medianFrequencyWeights(over indices: [Int]) -> [Float] {
        let frequencies = labels.names.indices.map { name -> Double? in
            let mine = indices.filter { counts[$0][name] > 0 }
            let all = mine.reduce(0) { $0 + counts[$1].reduce(0, +) }
            return all > 0 ? Double(mine.reduce(0) { $0 + counts[$1][name] }) / Double(all) : nil
        }
        let sorted = frequencies.compactMap { $0 }.sorted()
        guard !sorted.isEmpty else { return frequencies.map { _ in 1 } }
        let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        return frequencies.map { $0.map { Float(median / $0) } ?? 1 }
    }
}

extension SegmentationDataset {
    /// The mask with `Mask.ignore` for all values that do not count.
    func counting(_ mask: Mask) -> Mask {
        if ignored.count == 1 { return mask }
        let values = mask.values.map { ignored.contains($0) ? Mask.ignore : $0 }
        return Mask(width: mask.width, height: mask.height, values: values)
    }

    func sample(_ image: Image, _ mask: Mask, width: Int, height: Int) -> Sample {
        let sample = Sample(image, masks: [counting(mask)])
        return image.width == width && image.height == height ? sample : sample.resized(width: width, height: height)
    }
}
