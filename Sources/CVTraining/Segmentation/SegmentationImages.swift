import CVCore
import CVImage
import CVSegmentation
import CVTask
import CVWeights
import Synchronization

/// The images and masks of a set, all of them checked, and brought to one size.
///
/// In memory if that is within the limit; else each is decoded again whenever it is asked for.
public struct SegmentationImages: Sendable {
    /// All images with their masks; none is left out. Those of another size are stretched, their masks to the nearest
    /// value.
    public let decoded: DecodedImages
    /// The classes.
    public let labels: SegmentationLabels
    /// For each image, the number of pixels of its mask of each class.
    public let counts: [[Int]]
    /// What is remarkable about the values of the masks, such as classes without a pixel.
    public let remarks: [MaskRemark]

    /// Whether 255 in the files of masks is class 1.
    public var whiteIsClassOne: Bool { decoded.dataset.whiteIsClassOne }

    /// The images of the set.
    public var items: [ImageDataset.Item] { decoded.items }
    /// Of all images, in pixels.
    public var width: Int { decoded.preprocessing.width }
    /// Of all images, in pixels.
    public var height: Int { decoded.preprocessing.height }

    /// Decodes everything, in parallel, and checks it.
    ///
    /// - Parameters:
    ///   - dataset: of images with masks.
    ///   - size: nil for that of the first image, made smaller if its longer side is above 512.
    ///   - white: what 255 means in the files of masks.
    ///   - memoryLimit: bytes of images and masks that may be kept.
    ///   - progress: called on any thread, one call at a time, with the number of images done and of all.
    /// - Throws: `DatasetError` with all that is wrong with any of them.
    public init(
        _ dataset: ImageDataset, size: (width: Int, height: Int)? = nil, white: WhiteMasks = .automatic,
        memoryLimit: Int = 1 << 30,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        let (width, height) = size ?? Self.size(of: dataset)
        let histograms = Mutex<[Int: [Int]]>([:])
        var pass = DecodingPass(
            dataset, Preprocessing(width: width, height: height, resize: .stretch), memoryLimit: memoryLimit,
            inspecting: { index, sample in
                let histogram = sample.masks[0].histogram
                histograms.withLock { $0[index] = histogram }
            }, progress: progress)
        var found = histograms.withLock { $0 }
        let rule = Self.rule(dataset, found, white)
        if rule.isClassOne {
            pass.memory = pass.memory?.replacing(Mask.ignore, by: 1)
            found = found.mapValues { [$0[0], $0[Int(Mask.ignore)]] + [Int](repeating: 0, count: 254) }
        } else {
            for index in found.keys { found[index]![Int(Mask.ignore)] = 0 }
        }
        let labels = try Self.labels(dataset, found, pass.failures)
        self.labels = labels
        counts = dataset.items.indices.map { Array(found[$0]![..<labels.names.count]) }
        try Self.checkLost(dataset, labels, counts, whiteIsClassOne: rule.isClassOne)
        remarks = [rule.remark].compactMap { $0 } + MaskRemark.aboutClasses(labels.names, counts)
        decoded = DecodedImages(rule.isClassOne ? dataset.countingWhite() : dataset, pass)
    }

    /// A set to evaluate weights on that were trained on these classes; no image is kept in memory.
    ///
    /// - Parameters:
    ///   - dataset: of images with masks.
    ///   - labels: the classes of the weights; the set must have the same, in the same order.
    ///   - white: what 255 means in the files of masks.
    ///   - progress: as of the other initializer.
    /// - Throws: `DatasetError` if the classes are others, or with all that is wrong with any of the images.
    public init(
        checking dataset: ImageDataset, labels: SegmentationLabels, white: WhiteMasks = .automatic,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        if let found = dataset.classes, found != labels.names {
            throw DatasetError(dataset.path, .otherMaskClasses(expected: labels.names, found: found))
        }
        try self.init(dataset, white: white, memoryLimit: 0, progress: progress)
    }

    /// A class whose pixels were all in images that are missing can be neither learned nor evaluated.
    private static func checkLost(
        _ dataset: ImageDataset, _ labels: SegmentationLabels, _ counts: [[Int]], whiteIsClassOne: Bool
    ) throws(DatasetError) {
        let missing = labels.names.indices.filter { label in !counts.contains { $0[label] > 0 } }
        if missing.isEmpty || dataset.lost.isEmpty { return }
        let lost = dataset.lost.map { (name: $0.defect.name, values: $0.values) }
        for label in missing {
            let value = whiteIsClassOne && label == 1 ? Mask.ignore : UInt8(clamping: label)
            let mine = lost.filter { $0.values.contains(value) }
            guard let first = mine.first, !dataset.ignoredValues.contains(UInt8(clamping: label)) else { continue }
            throw DatasetError(
                dataset.path, .lostClass(labels.names[label], count: mine.count, first: first.name))
        }
    }

    /// Whether 255 is class 1, and what is to be said about it.
    private static func rule(
        _ dataset: ImageDataset, _ histograms: [Int: [Int]], _ white: WhiteMasks
    ) -> (isClassOne: Bool, remark: MaskRemark?) {
        let isFiles = dataset.items.allSatisfy { if case .mask = $0.annotation { true } else { false } }
        guard isFiles, !dataset.ignoresWhite else { return (false, nil) }
        func occurs(_ value: Int) -> Bool { histograms.values.contains { $0[value] > 0 } }
        guard occurs(Int(Mask.ignore)) else { return (false, nil) }
        let isOnly = !(1..<Int(Mask.ignore)).contains(where: occurs)
        let isTwoClasses = dataset.classes.map { $0.count == 2 } ?? true
        return switch white {
        case .automatic: isOnly && occurs(0) && isTwoClasses ? (true, .whiteIsClassOne) : (false, nil)
        case .classOne: isOnly && isTwoClasses ? (true, .whiteIsClassOne) : (false, .whiteAmongOthers)
        case .ignored: (false, isOnly && occurs(0) && isTwoClasses ? .whiteIsIgnored : nil)
        }
    }

    /// Those of the set, or as many as there are values; if everything is in order.
    private static func labels(
        _ dataset: ImageDataset, _ histograms: [Int: [Int]], _ failures: [Int: any Error]
    ) throws -> SegmentationLabels {
        let highest = histograms.values.compactMap { $0.lastIndex { $0 > 0 } }.max()
        let labels =
            dataset.classes.map { SegmentationLabels($0, colors: dataset.colors) }
            ?? SegmentationLabels((0..<max(min((highest ?? 0) + 1, 255), 2)).map { "\($0)" })
        let defects = dataset.items.enumerated().compactMap { index, item -> DatasetDefect? in
            if let error = failures[index] {
                let problem = error as? DatasetDefect.Problem ?? .undecodable(reason: "\(error)")
                return DatasetDefect(item.name, problem)
            }
            let unknown = (labels.names.count..<256).filter { histograms[index]?[$0] ?? 0 > 0 }
            return unknown.isEmpty ? nil : DatasetDefect(item.name, .unknownValues(unknown.map { UInt8($0) }))
        }
        guard defects.isEmpty else {
            throw DatasetError(
                dataset.path, .defects(defects, of: dataset.items.count, classes: labels.names.count))
        }
        guard highest != nil else { throw DatasetError(dataset.path, .nothingLabeled) }
        return labels
    }

    private static let longestSide = 512

    private static func size(of dataset: ImageDataset) -> (width: Int, height: Int) {
        let sizes = dataset.items.lazy.compactMap { item in
            try? ImageInfo(data: dataset.bytes(of: item), name: item.name)
        }
        guard let info = sizes.first else { return (longestSide, longestSide) }
        let scale = min(1, Double(longestSide) / Double(max(info.width, info.height)))
        func side(_ length: Int) -> Int { max(1, Int(clamping: (Double(length) * scale).rounded())) }
        return (side(info.width), side(info.height))
    }

    /// A weight for each class that makes rare ones count as much: the median frequency divided by its own, a frequency
    /// being the class's fraction of the pixels of those images that contain it (Eigen & Fergus 2015, arXiv:1411.4734).
    ///
    /// - Parameter indices: of `items`: those to train on.
    /// - Returns: a weight for each class; 1 for one that is in none of the images, where it plays no part.
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
