import CVCore
import CVImage

/// The results format of COCO (https://cocodataset.org/#format-results), which pycocotools evaluates.
///
/// `[{"image_id":139,"category_id":18,"bbox":[x,y,width,height],"score":0.9}, …]`, boxes in pixels from the top left.
/// A picture without detections has no entry: the format knows no other way.
public struct COCOResults: Sendable {
    private let labels: [String]
    private var entries: [String] = []

    /// labels: of the network; they decide about the category ids, see `COCOCategories.id`.
    public init(labels: [String]) { self.labels = labels }

    /// Adds the detections of one picture.
    public mutating func append(_ detections: [Detection], imageID: Int) {
        for detection in detections {
            let box = detection.box
            let entry: JSONValue = [
                "image_id": .integer(imageID),
                "category_id": .integer(COCOCategories.id(ofClass: detection.classIndex, labels: labels)),
                "bbox": .array([box.minX, box.minY, box.width, box.height].map(JSONValue.init)),
                "score": JSONValue(detection.confidence),
            ]
            entries.append(entry.text)
        }
    }

    /// The file, one entry a line.
    public var text: String {
        entries.isEmpty ? "[]\n" : "[\n" + entries.joined(separator: ",\n") + "\n]\n"
    }

    /// An image id for each path: the number that its name is (`val2017/000000000139.jpg` is 139), as COCO names its
    /// pictures; for other names, and for a number that is taken, the smallest number from 1 that is free.
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
        let name = path.split(separator: "/").last ?? ""
        let stem = name.prefix { $0 != "." }
        // Int() also takes a sign.
        return stem.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(stem) : nil
    }
}

/// The categories of COCO: 80 classes in use, whose ids run from 1 to 90 with gaps.
public enum COCOCategories {
    /// The category id of a class of a network.
    ///
    /// For a network with the 80 classes of COCO in their usual order, COCO's own id (class 79, toothbrush, is 90);
    /// for any other, `index + 1`.
    public static func id(ofClass index: Int, labels: [String]) -> Int {
        isCOCO(labels) && ids.indices.contains(index) ? ids[index] : index &+ 1
    }

    /// Whether these are the 80 classes of COCO, under the names of COCO or those of darknet ("sofa" for "couch").
    public static func isCOCO(_ labels: [String]) -> Bool {
        labels.count == names.count
            && zip(labels, names).allSatisfy { plain($0) == plain(darknetNames[$1] ?? $1) || plain($0) == plain($1) }
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { !" _-".contains($0) } }

    private static let darknetNames = [
        "motorcycle": "motorbike", "airplane": "aeroplane", "couch": "sofa", "dining table": "diningtable",
        "tv": "tvmonitor",
    ]

    /// The ids that COCO left out: its 91 categories without the 11 that have no annotations.
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
