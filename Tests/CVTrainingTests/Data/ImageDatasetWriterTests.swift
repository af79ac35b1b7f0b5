import CVCore
import CVImage
import CVLandmarks
import CVTraining
import TestSupport
import Testing

/// Data sets are read as they were written.
@Suite("Writing of data sets") struct ImageDatasetWriterTests {
    let folder: Scratch

    init() throws { folder = try Scratch() }

    private func bytes(_ set: ImageDataset) throws -> [[UInt8]] { try set.items.map { try set.bytes(of: $0) } }

    @Test("classes: as a list with parts, and as folders; the same file name in two classes stays apart")
    func classes() throws {
        try folder.classes(["cat", "dog, \"wet\""], count: 3)
        let set = try ImageDataset.classification(contentsOf: folder.path)
        let parts: [DatasetPart?] = [.train, .validation, .test, nil, .train, .validation]
        let target = folder.path + ".list"
        defer { remove(target) }
        try ImageDatasetWriter(set, .list, parts: parts).write(to: target)
        let copy = try ImageDataset.classification(contentsOf: target + "/list.csv")
        #expect(copy.classes == set.classes && copy.items.map(\.label) == set.items.map(\.label))
        // What has no part is for training.
        #expect(copy.items.map(\.part) == parts.map { $0 ?? .train })
        #expect(try bytes(copy) == bytes(set))
        #expect(throws: FileError.self) { try ImageDatasetWriter(set, .list, parts: parts).write(to: target) }

        let plain = folder.path + ".folders"
        defer { remove(plain) }
        try ImageDatasetWriter(set, .folders, parts: set.items.map(\.part)).write(to: plain)
        let folders = try ImageDataset.classification(contentsOf: plain)
        #expect(folders.classes == set.classes)
        #expect(try bytes(folders) == bytes(set))
    }

    @Test("classes: names that cannot be folders are errors, and lead nowhere")
    func classesThatAreNoFolders() throws {
        for name in ["../out", ".hidden", "a/b"] {
            try folder.image("x.png")
            try folder.image("y.png", seed: 2)
            try folder.write("path,label\nx.png,\(name)\ny.png,ok\n", to: "l.csv")
            let set = try ImageDataset.classification(contentsOf: folder.path + "/l.csv")
            #expect(throws: DatasetWritingError.className(name)) {
                try ImageDatasetWriter(set, .folders, parts: [nil, nil])
            }
        }
    }

    @Test("masks: values, parts, names and colors of classes are kept")
    func masks() throws {
        let masks = [[0, 1, 1, 255], [1, 0, 0, 1]].map { Mask(width: 2, height: 2, values: $0) }
        for (part, mask) in zip(["train", "val"], masks) {
            try folder.image("\(part)/images/a.png", width: 2, height: 2, seed: UInt64(part.count))
            try folder.write(mask.encodedPNG(), to: "\(part)/masks/a.png")
        }
        try folder.write("10 20 30 sky\n40 50 60 road\n", to: "classes.txt")
        let set = try ImageDataset.segmentation(contentsOf: folder.path)
        let target = folder.path + ".masks"
        defer { remove(target) }
        try ImageDatasetWriter(set, .masks, parts: set.items.map(\.part)).write(to: target)
        let copy = try ImageDataset.segmentation(contentsOf: target)
        #expect(copy.classes == ["sky", "road"] && copy.colors == [Color(10, 20, 30), Color(40, 50, 60)])
        #expect(copy.items.map(\.part) == [.train, .validation])
        #expect(try copy.items.map { try copy.sample(of: $0).masks[0] } == masks)
        #expect(try bytes(copy) == bytes(set))
    }

    @Test("landmarks: points, what they are, persons and parts are kept")
    func landmarks() throws {
        try folder.image("a.png", width: 20, height: 20)
        try folder.image("b.png", width: 20, height: 20, seed: 2)
        try folder.write(
            """
            {"points": ["left", "right"], "pairs": [[0, 1]], "contours": [{"name": "line", "points": [0, 1], "closed": false}],
             "images": [{"image": "a.png", "points": [[1.5, 2.25], null], "person": "Ann", "split": "val"},
                        {"image": "b.png", "points": null}]}
            """, to: "keypoints.json")
        let set = try LandmarkDataset(contentsOf: folder.path)
        let target = folder.path + ".points"
        defer { remove(target) }
        try ImageDatasetWriter(set.images, .keypoints(set.scheme), parts: set.images.items.map(\.part))
            .write(to: target)
        let copy = try LandmarkDataset(contentsOf: target)
        #expect(copy.scheme == set.scheme)
        #expect(copy.images.items.map(\.landmarks) == set.images.items.map(\.landmarks))
        #expect(copy.images.items.map(\.group) == ["Ann", nil])
        #expect(copy.images.items.map(\.part) == [.validation, .train])
        #expect(try bytes(copy.images) == bytes(set.images))
        // A split that is given no pattern keeps persons together.
        #expect(try set.images.ungrouped(by: nil).items.map(\.group) == ["Ann", nil])
        #expect(try set.images.ungrouped(by: "^b").items.map(\.group) == [nil, "b"])
    }
}
