import CVCore
import CVImage
import CVSegmentation

extension ImageDataset {
    /// Images with the class of each of their pixels, in one of these forms:
    ///
    ///     set/images/a.jpg          set/train/a.jpg            set/train/images/a.jpg     set.json   COCO: polygons or
    ///     set/masks/a.png           set/trainannot/a.png       set/train/masks/a.png                 run lengths
    ///     set/classes.txt           set/val/…, set/valannot/…  set/val/images/…           set/a.jpg
    ///                                                                                     set/a.json labelme
    ///     set/annotations/instances_train2017.json, set/train2017/a.jpg                   COCO as it is published
    ///
    /// Images and masks may be in folders inside these, in the same in both.
    ///
    /// Masks are PNG files with a palette, or gray ones of up to 8 bits; the value of a pixel is its class. The names of the
    /// classes are in `classes.txt` or `labels.txt` beside them, see `SegmentationLabels`.
    ///
    /// Nothing is decoded here: `SegmentationImages` decodes all images and checks that the masks fit.
    ///
    /// - Parameters:
    ///   - path: a folder, or a `.json` file of COCO.
    ///   - labels: the classes; nil for the list beside the masks, or those of the annotations.
    ///   - unlisted: the classes if neither `labels` nor a list beside the masks names them; nil for those of the
    ///     annotations, or the values of the masks.
    ///   - ignored: values of masks that count as no class, beside 255. If there are any, 255 does not count even where
    ///     masks hold only 0 and 255.
    /// - Returns: a set whose items have masks.
    /// - Throws: `DatasetError`, with all images that have no mask and all masks that have no image where nothing is left of
    ///   the set, or of a part of it, without them; else they are `skipped`. `FileError`.
    public static func segmentation(
        contentsOf path: String, labels: SegmentationLabels? = nil, unlisted: SegmentationLabels? = nil,
        ignoring ignored: Set<UInt8> = []
    ) throws -> ImageDataset {
        try labels?.check(path)
        let listing: SegmentationListing
        switch FileSystem.kind(of: path) {
        case .none(let reason): throw DatasetError(path, .nothingThere(reason: reason))
        case .file: listing = try COCOFile.listing([(COCOFile(path), nil)], labels ?? unlisted)
        case .folder: listing = try MaskFolder(path).listing(labels, unlisted: unlisted)
        }
        try listing.check(path)
        guard !listing.items.isEmpty else { throw DatasetError(path, .noImages) }
        return ImageDataset(
            path, items: listing.items, classes: listing.labels?.names, colors: listing.labels?.colors,
            ignoredValues: ignored, skipped: listing.skipped, lost: listing.lost)
    }
}

/// What the readers of masks and annotations find.
struct SegmentationListing {
    var items: [ImageDataset.Item] = []
    /// Nil if no list names them: masks then have as many classes as they have values.
    var labels: SegmentationLabels?
    /// What is not used, and why.
    var skipped = SkippedFiles()
    /// What is wrong with images or masks.
    var defects: [DatasetDefect] = []
    /// Images without masks, masks and annotations without images.
    private(set) var lost: [LostImage] = []

    /// Leaves out an image without a mask, or a mask without an image.
    ///
    /// - Parameters:
    ///   - defect: which of them is missing.
    ///   - part: that it would belong to.
    ///   - annotation: what there is of it; `.none` for an image without a mask.
    mutating func lose(_ defect: DatasetDefect, _ part: DatasetPart?, _ annotation: ImageDataset.Annotation) {
        lost.append(LostImage(defect: defect, part: part, annotation: annotation))
        switch defect.problem {
        case .noMask: skipped.add(defect.name, .noMask)
        case .unreadFormat: skipped.add(defect.name, .unreadFormat)
        default: skipped.add(defect.name, .noImage)
        }
    }

    /// - Throws: `DatasetError` with the defects, and where nothing is left of the set or of a part of it.
    func check(_ path: String) throws(DatasetError) {
        let all = items.count + defects.count + lost.count
        if !defects.isEmpty { throw DatasetError(path, .defects(defects, of: all, classes: nil)) }
        let parts = Set(items.map(\.part))
        let emptied = lost.filter { !parts.contains($0.part) }
        if !emptied.isEmpty { throw DatasetError(path, .defects(emptied.map(\.defect), of: all, classes: nil)) }
    }
}

/// An image without a mask, or a mask or annotation without an image, which a set goes without.
struct LostImage: Sendable {
    let defect: DatasetDefect
    let part: DatasetPart?
    let annotation: ImageDataset.Annotation

    /// The values of its mask; empty where that is missing or does not decode.
    var values: Set<UInt8> {
        switch annotation {
        case .mask(let path): Set((try? Mask(contentsOf: path))?.values ?? [])
        case .regions(let regions): Set(regions.regions.map(\.label))
        case .none, .label, .landmarks, .objects: []
        }
    }
}
