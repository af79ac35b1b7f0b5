import CVCore
import CVImage
import CVSegmentation

/// Pictures with the class of each of their pixels, in one of these forms:
///
///     set/images/a.jpg          set/train/a.jpg            set/train/images/a.jpg     set.json   COCO: polygons or
///     set/masks/a.png           set/trainannot/a.png       set/train/masks/a.png                 run lengths
///     set/classes.txt           set/val/…, set/valannot/…  set/val/images/…           set/a.jpg
///                                                                                     set/a.json labelme
///
/// Masks are PNG files with a palette, or grey ones of up to 8 bits; the value of a pixel is its class. The names of the
/// classes stand in `classes.txt` or `labels.txt` beside them, see `SegmentationLabels`.
///
/// Nothing is decoded here: `SegmentationImages` does that, and checks that masks fit their pictures.
public struct SegmentationDataset: Sendable {
    /// One picture.
    public struct Item: Sendable, DividedItem {
        /// What it is called in messages, and what the split draws lots with: its path from the set's.
        public let name: String
        /// The part of the set that its folder is named after; nil where the split decides.
        public let part: DatasetPart?
        /// The path of the picture.
        let image: String
        let annotation: Annotation

        /// The lots are drawn over all pictures alike: a picture shows many classes.
        package var label: Int { 0 }
    }

    /// What is known about the pixels of a picture.
    enum Annotation: Sendable {
        /// The path of a PNG file.
        case mask(String)
        case regions(AnnotatedRegions)
    }

    /// What it was read from.
    public let path: String
    /// Nil where no list gives their names: masks then have as many classes as they have values.
    public let labels: SegmentationLabels?
    /// In the order of the bytes of their names.
    public let items: [Item]
    /// Values of masks that count as no class; `Mask.ignore` always is.
    public let ignored: Set<UInt8>

    /// Reads the names of what is at `path`.
    ///
    /// - Parameters:
    ///   - labels: the classes; nil for the list beside the masks, or those of the annotations.
    ///   - unlisted: the classes where neither `labels` nor a list beside the masks says which; nil for those of the
    ///     annotations, or the values of the masks.
    ///   - ignored: values of masks that count as no class, beside 255.
    /// - Throws: `SegmentationDataError` with all pictures that have no mask, and all masks that have no picture;
    ///   `DatasetError`, `FileError`.
    public init(
        contentsOf path: String, labels: SegmentationLabels? = nil, unlisted: SegmentationLabels? = nil,
        ignoring ignored: Set<UInt8> = []
    ) throws {
        try labels?.check(path)
        let listing: SegmentationListing
        switch FileSystem.kind(of: path) {
        case .none(let reason): throw DatasetError(path, .nothingThere(reason: reason))
        case .file: listing = try COCOFile(path).listing(labels ?? unlisted)
        case .folder: listing = try SegmentationFolder(path).listing(labels, unlisted: unlisted)
        }
        if !listing.defects.isEmpty {
            throw SegmentationDataError(
                path, .defects(listing.defects, of: listing.items.count + listing.defects.count, classes: nil))
        }
        guard !listing.items.isEmpty else { throw SegmentationDataError(path, .noImages) }
        self.path = path
        self.labels = listing.labels
        self.ignored = ignored.union([Mask.ignore])
        items = listing.items.sorted { $0.name.precedesInBytes($1.name) }
    }

    /// A picture and the values of its pixels: of the mask as it is stored, or of what was drawn.
    ///
    /// - Throws: `FileError`, `ImageError`, or `SegmentationDefect.Problem` for a mask of another size.
    func read(_ item: Item) throws -> (image: Image, mask: Mask) {
        let image = try Image(contentsOf: item.image).withoutAlpha()
        let mask =
            switch item.annotation {
            case .mask(let path): try Mask(contentsOf: path)
            case .regions(let regions): try regions.mask(width: image.width, height: image.height)
            }
        guard mask.width == image.width, mask.height == image.height else {
            throw SegmentationDefect.Problem.otherSize(
                image: .init(image.width, image.height), mask: .init(mask.width, mask.height))
        }
        return (image, mask)
    }
}

/// What the readers of folders and lists find.
struct SegmentationListing {
    var items: [SegmentationDataset.Item] = []
    var labels: SegmentationLabels?
    /// Pictures without masks, masks without pictures.
    var defects: [SegmentationDefect] = []
}
