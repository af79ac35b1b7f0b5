import CVCore
import CVDetection

/// What the images of a data set show, with numbers for images and classes, as an evaluation compares results with it.
public struct DetectionTruth: Sendable {
    /// An image of the set.
    public struct NumberedImage: Sendable, Equatable {
        /// The number that results refer to.
        public let id: Int
        /// Its name in the set.
        public let name: String
        /// Its path; nil if it is not there.
        public let path: String?
    }

    /// The path of the set, for messages.
    public let path: String
    /// The form that was recognized.
    public let format: DetectionFormat
    /// In the order of the set.
    public let images: [NumberedImage]
    /// The numbers of the classes.
    public let categoryIDs: [Int]
    /// Their names, in the same order.
    public let classes: [String]
    /// The objects of the images.
    public let objects: [TruthBox]
    /// The files that the set is read from.
    public let files: [String]

    /// Reads the truth of a file in the form of COCO, with its numbers and its boxes as they are: what pycocotools compares.
    ///
    /// Images are looked for beside the file, and in `images` beside it; that some are missing matters only to whoever needs them.
    ///
    /// - Parameter path: of the file.
    /// - Throws: `FileError`, `COCOFileError`.
    public init(annotations path: String) throws {
        let annotations = try COCOAnnotations(contentsOf: path)
        let place = COCOImageFiles(path)
        (self.path, format) = (path, .coco)
        images = annotations.images.map { image in
            NumberedImage(
                id: image.id, name: image.fileName ?? "\(image.id)", path: image.fileName.flatMap { place.path(of: $0) }
            )
        }
        (categoryIDs, classes) = (annotations.categories.map(\.id), annotations.categories.map(\.name))
        objects = annotations.objects
        files = [path] + images.compactMap(\.path)
    }

    /// Takes the truth from a data set.
    ///
    /// Images and classes are numbered as `COCOImageIndex` does: images that are named by a number have it, classes count from 1.
    ///
    /// - Parameters:
    ///   - dataset: of any form.
    ///   - items: indices of its images.
    public init(_ dataset: DetectionDataset, items: [Int]) {
        let all = dataset.images.items
        let ids = COCOResults.imageIDs(for: all.map(\.name))
        let categories = dataset.classes.indices.map { COCOCategories.id(ofClass: $0, labels: dataset.classes) }
        (path, format) = (dataset.images.path, dataset.format)
        (categoryIDs, classes) = (categories, dataset.classes)
        images = items.map { NumberedImage(id: ids[$0], name: all[$0].name, path: all[$0].imageFile) }
        objects = items.flatMap { item in
            all[item].objects.map { object in
                TruthBox(
                    imageID: ids[item], categoryID: categories[object.label], box: EvaluatedBox(object.box),
                    area: object.area, isCrowd: object.isCrowd)
            }
        }
        files = dataset.images.files
    }

    /// The numbers of the classes of a network, by its labels; nil for a class that the set does not have.
    ///
    /// - Parameter labels: of the network; "sofa" of darknet is COCO's "couch".
    /// - Returns: one for each label.
    public func categoryIDs(of labels: [String]) -> [Int?] {
        let ids = Dictionary(zip(classes.map { COCOCategories.comparable($0) }, categoryIDs)) { first, _ in first }
        return labels.map { ids[COCOCategories.comparable($0)] }
    }
}

extension ImageDataset.Item {
    /// The path of the image's file; nil for one inside another file.
    public var imageFile: String? { if case .file(let path) = image { path } else { nil } }
}
