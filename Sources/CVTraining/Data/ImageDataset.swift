import CVCore
import CVImage

/// Images with what is known about each of them: the data set of every task.
///
/// A reader lists the items of what is on disk, and says of each where its image is and how it is annotated. Everything
/// after that is the same for all tasks: `sample(at:)` reads one item as a `Sample`, `DecodedImages` decodes and checks all
/// of them once, `DatasetSplit` divides them, and a `BatchLoader` augments them and collates them into batches.
///
/// ```swift
/// let dataset = try ImageDataset.classification(contentsOf: "animals")
/// let images = try dataset.decoded(for: Preprocessing(width: 32, height: 32, resize: .crop))
/// let split = try images.split(holdout: 0.1, seed: 1)
/// let preprocessing = try images.normalization(over: split.train)
/// let loader = BatchLoader(
///     images, items: split.train, batchSize: 128, preprocessing: preprocessing,
///     augmentation: try AugmentationRecipe("shift=0.125,mirror@0.5").pipeline, seed: 1, shuffles: true)
/// let batches = loader.batches(epoch: 0)
/// while let batch = try batches.next() { … }
/// ```
///
/// A further task adds a case to `Annotation`, what `sample(at:)` makes of it, a reader that lists such items, and a
/// `Collation` for its batches. Counterpart of PyTorch's `Dataset`.
public struct ImageDataset: Sendable {
    /// One image of the set.
    public struct Item: Sendable {
        /// The path of the image inside the set: its name in messages, and what the split depends on.
        public let name: String
        /// The part of the set that a folder or list assigns the image to; nil if the split decides.
        public let part: DatasetPart?
        let image: ImageSource
        let annotation: Annotation
        /// What images that are to be in the same part have in common, such as the person that they show; nil if nothing.
        public internal(set) var group: String?

        // The compiler (Swift 6.3.1) fails on code that what looks into `annotation` was inlined into, such as `items[0].label`:
        // so none of it is inlined.

        /// The index of the image's class in `classes`; nil if the image as a whole has no class.
        @inline(never)
        public var label: Int? { if case .label(let label) = annotation { label } else { nil } }
    }

    /// Where the bytes of an image are.
    enum ImageSource: Sendable, Equatable {
        case file(String)
        /// In the set's tar file.
        case entry(offset: Int, count: Int)
        /// Inside the file of labelme at this path.
        case embedded(String)
    }

    /// What is known about an image.
    enum Annotation: Sendable {
        case none
        /// The class of the whole image.
        case label(Int)
        /// The class of each pixel, in the PNG file at this path.
        case mask(String)
        /// The class of each pixel, as regions that were drawn by hand.
        case regions(AnnotatedRegions)
        /// The points of the one object, in pixels of the image, nil for one that is not known; empty without an object.
        case landmarks([Point?])
        /// The boxes and classes of the objects.
        case objects(AnnotatedObjects)

        var hasMask: Bool {
            switch self {
            case .none, .label, .landmarks, .objects: false
            case .mask, .regions: true
            }
        }

        /// Whether there is more than a label: it moves with the image.
        var isSpatial: Bool {
            switch self {
            case .none, .label: false
            case .mask, .regions, .landmarks, .objects: true
            }
        }
    }

    /// The folder, list or tar file that the set was read from.
    public let path: String
    /// The names of the classes by index; nil if nothing names them.
    public let classes: [String]?
    /// The colors that the classes are shown in, as many as there are classes; nil if nothing says.
    public let colors: [Color]?
    /// In the order of the bytes of their names.
    public let items: [Item]
    /// Values of masks that count as no class; `Mask.ignore` always is one.
    public let ignoredValues: Set<UInt8>
    /// Whether it was said which values count as no class: then 255 is one of them, also where only 0 and 255 occur.
    let ignoresWhite: Bool
    /// Whether 255 in the files of masks is class 1.
    private(set) var whiteIsClassOne = false
    /// What was found beside the images and is not used, and why.
    public let skipped: SkippedFiles
    /// Images without masks, and masks without images, which are among `skipped`.
    let lost: [LostImage]
    /// Folders inside class folders, whose images count to the class.
    public let nestedFolders: [String]
    /// What the sources `.entry` lie in.
    private let tar: RandomAccessFile?
    /// What is done with each image before anything else; nil for nothing.
    private var prepare: (@Sendable (Image, Item) throws -> Image)?

    init(
        _ path: String, items: [Item], classes: [String]? = nil, colors: [Color]? = nil,
        ignoredValues: Set<UInt8> = [], skipped: SkippedFiles = SkippedFiles(), lost: [LostImage] = [],
        nestedFolders: [String] = [], tar: RandomAccessFile? = nil
    ) {
        (self.nestedFolders, self.lost) = (nestedFolders, lost)
        (self.path, self.classes, self.colors, self.tar) = (path, classes, colors, tar)
        ignoresWhite = !ignoredValues.isEmpty
        (self.ignoredValues, self.skipped) = (ignoredValues.union([Mask.ignore]), skipped)
        self.items = items.sorted { $0.name.precedesInBytes($1.name) }
    }

    /// Images without annotations, such as those that a style is trained on.
    ///
    /// - Parameters:
    ///   - files: the paths of the images.
    ///   - path: where they were found, for messages.
    /// - Returns: a set without classes.
    public static func unlabeled(_ files: [String], of path: String) -> ImageDataset {
        ImageDataset(path, items: files.map { Item(name: $0, part: nil, image: .file($0), annotation: .none) })
    }

    /// The classes that have no images here, such as those of a network that a small set is evaluated with.
    public var classesWithoutImages: [String] {
        zip(classes ?? [], counts).filter { $0.1 == 0 }.map(\.0)
    }

    /// The same set with other items.
    func replacingItems(_ items: [Item]) -> ImageDataset {
        var result = ImageDataset(
            path, items: items, classes: classes, colors: colors, ignoredValues: ignoredValues, skipped: skipped,
            lost: lost, nestedFolders: nestedFolders, tar: tar)
        result.prepare = prepare
        return result
    }

    /// The same set, each of whose images is changed when it is read, such as cut out and aligned.
    ///
    /// - Parameter prepare: from an image and its item to what takes the image's place; called on several threads at a time. Of an
    ///   image, always the same.
    /// - Returns: the set.
    /// - Precondition: the images have labels at most, no annotations that would have to move with them.
    public func preparing(_ prepare: @escaping @Sendable (Image, Item) throws -> Image) -> ImageDataset {
        precondition(!items.contains { $0.annotation.isSpatial }, "\(path): annotations do not move with the images")
        var result = self
        result.prepare = prepare
        return result
    }

    /// The same set, where 255 in the files of masks is class 1.
    func countingWhite() -> ImageDataset {
        var result = self
        result.whiteIsClassOne = true
        return result
    }

    /// How many images each class has; empty if the images have no classes.
    public var counts: [Int] { items.countsByLabel(classes: classes?.count ?? 0) }
}

// MARK: Reading one item

extension ImageDataset {
    /// The bytes of an image's file.
    ///
    /// - Parameters:
    ///   - item: one of `items`.
    ///   - maxBytes: the largest file that is read.
    /// - Returns: the file as it is.
    /// - Throws: `FileError`.
    public func bytes(of item: Item, maxBytes: Int = DecodingOptions().maxFileBytes) throws(FileError) -> [UInt8] {
        switch item.image {
        case .file(let path): return try FileInput.read(path, maxBytes: maxBytes)
        case .entry(let offset, let count):
            guard count <= maxBytes else {
                throw FileError("\(path): \(item.name)", .tooLarge(bytes: count, limit: maxBytes))
            }
            guard let tar else { preconditionFailure("\(item.name): not of this set, which is not a tar file") }
            return try tar.read(at: offset, count: count)
        case .embedded(let path): return try LabelmeImage.bytes(path)
        }
    }

    /// An image, decoded, in its own size.
    ///
    /// - Parameters:
    ///   - item: one of `items`.
    ///   - options: limits of decoding.
    /// - Returns: the image with EXIF orientation applied.
    /// - Throws: `FileError`, `ImageError`.
    public func image(of item: Item, options: DecodingOptions = DecodingOptions()) throws -> Image {
        try Image(data: bytes(of: item, maxBytes: options.maxFileBytes), options: options, name: item.name)
    }

    /// An image with all that is known about it, in its own size, without alpha.
    ///
    /// - Parameter item: one of `items`.
    /// - Returns: a sample with the item's label, its objects but crowds, or its mask, in which pixels that do not count are
    ///   `Mask.ignore`.
    /// - Throws: `FileError`, `ImageError`, or `DatasetDefect.Problem` for an annotation that does not fit the image.
    public func sample(of item: Item) throws -> Sample {
        var image = try image(of: item).withoutAlpha()
        if let prepare { image = try prepare(image, item).withoutAlpha() }
        switch item.annotation {
        case .none: return Sample(image)
        case .label(let label): return Sample(image, label: label)
        case .mask(let path):
            let mask = try Mask(contentsOf: path)
            return try sample(image, whiteIsClassOne ? mask.replacing(Mask.ignore, by: 1) : mask)
        case .regions(let regions):
            return try sample(image, regions.mask(width: image.width, height: image.height))
        case .landmarks(let points):
            return Sample(image, keypoints: points.isEmpty ? [] : [points.map { Keypoint(landmark: $0) }])
        case .objects(let found): return Sample(image, boxes: found.objects.labeledBoxes)
        }
    }

    /// The sample at an index of `items`; see `sample(of:)`. Counterpart of `Dataset.__getitem__`.
    ///
    /// - Parameter index: of `items`.
    /// - Returns: the sample in its own size.
    /// - Throws: as `sample(of:)`.
    public func sample(at index: Int) throws -> Sample { try sample(of: items[index]) }

    private func sample(_ image: Image, _ mask: Mask) throws -> Sample {
        guard mask.width == image.width, mask.height == image.height else {
            throw DatasetDefect.Problem.otherSize(
                image: .init(image.width, image.height), mask: .init(mask.width, mask.height))
        }
        if ignoredValues.count == 1 { return Sample(image, masks: [mask]) }
        let values = mask.values.map { ignoredValues.contains($0) ? Mask.ignore : $0 }
        return Sample(image, masks: [Mask(width: mask.width, height: mask.height, values: values)])
    }
}

extension Keypoint {
    /// The position of a landmark; NaN, and invisible, if it is not known.
    init(landmark: Point?) {
        self.init(landmark ?? Point(x: .nan, y: .nan), isVisible: landmark != nil)
    }

    /// Nil if the position is not known; it may be outside of the image.
    var landmark: Point? { position.x.isFinite && position.y.isFinite ? position : nil }
}

extension Sequence<ImageDataset.Item> {
    func countsByLabel(classes: Int) -> [Int] {
        reduce(into: [Int](repeating: 0, count: classes)) { counts, item in
            if let label = item.label { counts[label] += 1 }
        }
    }
}
