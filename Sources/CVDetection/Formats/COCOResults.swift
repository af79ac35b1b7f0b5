import CVCore
import CVImage

/// The COCO results format (https://cocodataset.org/#format-results), which pycocotools evaluates.
///
/// `[{"image_id":139,"category_id":18,"bbox":[x,y,width,height],"score":0.9}, …]`, boxes in pixels from the top left.
/// An image without detections has no entry, as the format requires.
public struct COCOResults: Sendable {
    private let categoryID: @Sendable (Int) -> Int?
    private var entries: [String] = []
    /// The number of detections that were left out because their class has no category.
    public private(set) var omitted = 0

    /// Creates an empty list of results.
    ///
    /// - Parameter labels: the labels of the network, which determine the category ids: see `COCOCategories.id`.
    public init(labels: [String]) { categoryID = { COCOCategories.id(ofClass: $0, labels: labels) } }

    /// Creates an empty list of results.
    ///
    /// - Parameter index: gives the category id of each class; detections of a class without one are left out.
    public init(_ index: COCOImageIndex) {
        categoryID = { [ids = index.categoryIDs] in ids.indices.contains($0) ? ids[$0] : nil }
    }

    /// Adds the detections of one image.
    ///
    /// - Parameters:
    ///   - detections: in pixels of the image.
    ///   - imageID: COCO's id of the image.
    public mutating func append(_ detections: [Detection], imageID: Int) {
        for detection in detections {
            guard let category = categoryID(detection.classIndex) else {
                omitted += 1
                continue
            }
            let box = detection.box
            let entry: JSONValue = [
                "image_id": .integer(imageID),
                "category_id": .integer(category),
                "bbox": .array([box.minX, box.minY, box.width, box.height].map(JSONValue.init)),
                "score": JSONValue(detection.confidence),
            ]
            entries.append(entry.text)
        }
    }

    /// The JSON text, one entry per line.
    public var text: String {
        entries.isEmpty ? "[]\n" : "[\n" + entries.joined(separator: ",\n") + "\n]\n"
    }

    /// Assigns an image id to each path.
    ///
    /// COCO names its images by their ids: `val2017/000000000139.jpg` is 139. Other names and duplicate numbers get the
    /// smallest unused number from 1.
    ///
    /// - Parameter paths: paths of images.
    /// - Returns: one distinct id for each path.
    public static func imageIDs(for paths: [String]) -> [Int] {
        var used: Set<Int> = []
        let numbers = paths.map { path in number(path).flatMap { used.insert($0).inserted ? $0 : nil } }
        var next = 1
        return numbers.map { number in
            if let number { return number }
            while !used.insert(next).inserted { next += 1 }
            return next
        }
    }

    private static func number(_ path: String) -> Int? {
        let name = FileSystem.name(of: path)
        let stem = name.prefix { $0 != "." }
        // Int() also accepts a sign.
        return stem.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(stem) : nil
    }
}

/// The categories of COCO: 80 classes in use, whose ids run from 1 to 90 with gaps.
public enum COCOCategories {
    /// The category id of a class of a network.
    ///
    /// - Parameters:
    ///   - index: the class, from 0.
    ///   - labels: the labels of the network.
    /// - Returns: COCO's own id (90 for class 79, toothbrush) if `isCOCO(labels)`, otherwise `index + 1`.
    public static func id(ofClass index: Int, labels: [String]) -> Int {
        isCOCO(labels) && ids.indices.contains(index) ? ids[index] : index &+ 1
    }

    /// Whether labels are the 80 classes of COCO in their usual order.
    ///
    /// - Parameter labels: the names of COCO or those of darknet ("sofa" for "couch").
    /// - Returns: false for any other names, number or order.
    public static func isCOCO(_ labels: [String]) -> Bool {
        labels.count == names.count
            && zip(labels, names).allSatisfy { plain($0) == plain(darknetNames[$1] ?? $1) || plain($0) == plain($1) }
    }

    /// A name that is the same for "TV", "tvmonitor" and the other spellings of a category.
    package static func comparable(_ name: String) -> String {
        let plain = plain(name)
        return darknetNames.first { $0.value == plain }.map { Self.plain($0.key) } ?? plain
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { !" _-".contains($0) } }

    private static let darknetNames = [
        "motorcycle": "motorbike", "airplane": "aeroplane", "couch": "sofa", "dining table": "diningtable",
        "tv": "tvmonitor",
    ]

    /// The ids without annotations, which COCO does not use: 10 of 1 to 90.
    private static let unused: Set = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]

    private static let ids = (1...90).filter { !unused.contains($0) }

    /// COCO's names of the 80 classes, by index.
    public static let names = [
        "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
        "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
        "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
        "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
        "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
        "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
        "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
        "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
        "hair drier", "toothbrush",
    ]
}
