@testable import CVCore
@testable import CVFaceDatabase
@testable import CVImage
@testable import CVTask
@testable import CVTraining
@testable import cvtool

extension FuzzTarget {
    /// Replacing a part of a JPEG, with the entries of its EXIF block written anew.
    static let redaction = FuzzTarget(
        name: "redaction", seeds: redactionSeeds, words: { jpegWords + ["GPS\0", "\u{69}\u{87}\0\u{4}"] },
        run: { bytes in
            try attempt(
                {
                    guard var exif = ExifBlock(tiff: bytes[...]) else { return }
                    exif.set(.right)
                    exif.remove(ExifBlock.Tag.location)
                    precondition(ExifBlock(tiff: exif.tiff[...]) != nil, "an EXIF block that cannot be read again")
                },
                {
                    let options = DecodingOptions(maxPixels: 1 << 16)
                    guard let redaction = JPEGRedaction(data: bytes, options: options) else { return }
                    var image = try Image(data: bytes, options: options)
                    let parts = image.redact(
                        [Box(minX: 2, minY: 1, maxX: 7, maxY: 6)], by: .box, margin: 0, color: .black)
                    let file = try redaction.file(
                        replacing: parts, with: image, removesLocation: bytes.count % 2 == 0)
                    precondition(!file.isEmpty)
                })
        })

    /// Databases of faces: what is in one, a search, a change.
    static let faces = FuzzTarget(
        name: "faces", share: 3, length: 1 << 15, seeds: databaseSeeds,
        words: {
            [
                "SQLite format 3\0", "CVFD", "CREATE TABLE face", "CREATE TRIGGER", "CREATE VIEW",
                "INTEGER PRIMARY KEY",
                "UNIQUE", "euclidean", "cosine", "Ada",
            ]
        },
        run: { bytes in
            let path = try file("x.faces", bytes)
            for beside in [path + "-journal", path + "-wal", path + ".index"] { FileSystem.removeFile(beside) }
            let database = try FaceDatabase(path, access: .change)
            try attempt(
                { _ = try database.people().map(\.sources) },
                { try database.verify() },
                {
                    let embedding = [Float](repeating: 0.5, count: database.model.dimension)
                    let index = try database.index(mapsFrom: 2)
                    _ = try database.matches(for: [embedding, embedding], limit: 3, in: index)
                    _ = try database.enroll([
                        EnrolledFace(person: "Bob", source: "b.png", box: [0, 1, 2, 3], embedding: embedding)
                    ])
                },
                { _ = try database.remove(people: ["Ada"]) })
        })

    /// Landmarks of images in both forms, and pairs of images to compare.
    static let landmarks = FuzzTarget(
        name: "landmarks", share: 5,
        seeds: {
            (tables.map { "t" + $0 } + descriptions.map { "j" + $0 } + pairLists.map { "p" + $0 }).map {
                Array($0.utf8)
            }
        },
        words: {
            [
                "image", "person", "split", "train", "val", "images/a.png", "left_x", "left_y", "\"points\":",
                "\"pairs\":", "\"contours\":", "\"closed\":true", "\"eyes\":", "\"corners\":", "null", "nan", "1e308",
                "same", "true", ",,",
            ]
        },
        run: { bytes in
            let rest = Array(bytes.dropFirst())
            switch bytes.first {
            case UInt8(ascii: "t"): try useLandmarks(file("points/keypoints.csv", rest, beside: images))
            case UInt8(ascii: "j"): try useLandmarks(file("points/keypoints.json", rest, beside: images))
            case UInt8(ascii: "p"): _ = try PairList(file("pairs.csv", rest)).pairs.map(\.name)
            default: return
            }
        })

    private static func useLandmarks(_ path: String) throws {
        let set = try LandmarkDataset(contentsOf: path)
        for item in set.images.items.prefix(4) { _ = try set.images.sample(of: item) }
        _ = set.persons
    }

    // MARK: Seeds

    private static func redactionSeeds() throws -> [[UInt8]] {
        let plain = try image(20, 18).encoded(as: .jpeg(quality: 60))
        let block = Array("Exif\0\0".utf8) + location
        return [plain, jpeg(plain, 0xE1, block), location] + (try jpegSeeds())
    }

    /// A TIFF structure with an orientation and a directory of the position.
    private static var location: [UInt8] {
        let orientation: [UInt8] = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
        let pointer: [UInt8] = [0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]
        let latitude: [UInt8] = [0, 2, 0, 5, 0, 0, 0, 1, 0, 0, 0, 56]
        let head = Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 2] + orientation + pointer + [0, 0, 0, 0]
        return head + [0, 1] + latitude + [0, 0, 0, 0] + [0, 0, 0, 48, 0, 0, 0, 1]
    }

    private static func databaseSeeds() throws -> [[UInt8]] {
        try EmbeddingModel.Metric.allCases.map { metric in
            let path = try folder("seeds") + "/\(metric).faces"
            FileSystem.removeFile(path)
            let model = EmbeddingModel(name: "sface", sha256: "00", dimension: 2, metric: metric)
            _ = try FaceDatabase(path, model: model, access: .create).enroll(
                ["Ada", "Ada", "Grace"].enumerated().map { index, name in
                    EnrolledFace(
                        person: name, source: "\(index).png", box: [1, 2, 3, 4], embedding: [0.6, Float(index)])
                })
            // The smallest pages, so that changes meet more of the structure.
            let connection = try SQLiteConnection(path, .write)
            try connection.execute("PRAGMA page_size = 512")
            try connection.execute("VACUUM")
            return try FileInput.read(path)
        }
    }

    private static let tables = [
        "image,x0,y0,x1,y1\nimages/a.png,1,2,10,3\nimages/b.png,,,,\n",
        "image,left_x,left_y,right_x,right_y,person,split\n\"images/a.png\",1.5,2,1e1,3,Ann,train\n"
            + "images/c.png,1,2,,,Bob,val\n",
    ]

    private static let descriptions = [
        """
        {"points":["left","right","mouth"],"pairs":[[0,1]],"contours":[{"name":"eyes","points":[0,1],"closed":false}],
        "eyes":{"left":[0],"right":[1],"corners":[0,1]},"images":[{"image":"images/a.png","points":[[1,2],[9,2],null],
        "person":"Ann","split":"train"},{"image":"images/b.png","points":null}]}
        """
    ]

    private static let pairLists = ["a,b,same\nx.png,y.png,1\nx.png,z.png,false\n", "b,a\r\n\"x,1.png\",y.png\r\n"]
}
