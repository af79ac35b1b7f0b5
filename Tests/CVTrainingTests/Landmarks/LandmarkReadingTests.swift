import CVCore
import CVImage
import CVLandmarks
import CVTraining
import TestSupport
import Testing

/// The readers of data sets for landmarks, and who is held out.
@Suite("Data sets for landmarks") struct LandmarkReadingTests {
    let folder: LandmarkScratch

    init() throws { folder = try LandmarkScratch() }

    private func read(_ name: String = "", persons: PersonRule = .automatic) throws -> LandmarkDataset {
        try LandmarkDataset(contentsOf: folder.path + (name.isEmpty ? "" : "/" + name), persons: persons)
    }

    @Test("a table: points in pixels, unknown points, images without an object, parts and persons")
    func tables() throws {
        for name in ["images/a.png", "images/b.png", "c.png"] { try folder.image(name) }
        try folder.write(
            "\u{FEFF}image,x0,y0,x1,y1,split,person\r\na.png,1.5,2,3,4,train,Ann\r\n\"b.png\",,,7,-2.5,val,Bob\r\nc.png,,,,,,\r\n",
            to: "keypoints.csv")
        let set = try read()
        #expect(set.scheme.points == ["point 0", "point 1"] && !set.scheme.isMirrorKnown)
        #expect(set.images.items.map(\.name) == ["a.png", "b.png", "c.png"])
        #expect(
            set.images.items.map(\.landmarks) == [
                [Point(x: 1.5, y: 2), Point(x: 3, y: 4)], [nil, Point(x: 7, y: -2.5)], [],
            ])
        #expect(set.images.items.map(\.part) == [.train, .validation, nil])
        #expect(set.images.items.map(\.group) == ["Ann", "Bob", nil] && set.persons == 2)
        let samples = try (0..<3).map { try set.images.sample(at: $0) }
        #expect(samples[0].keypoints == [[Keypoint(Point(x: 1.5, y: 2)), Keypoint(Point(x: 3, y: 4))]])
        #expect(
            samples[1].keypoints[0].map(\.isVisible) == [false, true] && samples[1].keypoints[0][0].position.x.isNaN)
        #expect(samples[2].keypoints.isEmpty)
        #expect(try read("keypoints.csv").images.items.count == 3)
    }

    @Test("a table with names, and points.json that says which of them swap")
    func namedPoints() throws {
        try folder.image("a.png")
        try folder.write("image,left eye_x,left eye_y,nose_X,nose_Y\na.png,1,2,3,4\n", to: "keypoints.csv")
        #expect(try read().scheme.points == ["left eye", "nose"])
        try folder.write(#"{"points":["a","b"],"pairs":[[0,1]]}"#, to: "points.json")
        let scheme = try read().scheme
        #expect(scheme.points == ["a", "b"] && scheme.pairs == [.init(0, 1)] && scheme.isMirrorKnown)
        try folder.write(#"{"points":["a","b","c"]}"#, to: "points.json")
        let error = #expect(throws: DatasetError.self) { try read() }
        #expect(error?.problem == .otherPoints(expected: 3, found: 2))
    }

    @Test("tables of 68 and 5 points without names are known schemes")
    func knownSchemes() throws {
        try folder.image("a.png")
        for (count, scheme) in [(68, LandmarkScheme.ibug68), (5, .eyesNoseMouth)] {
            let header = (["image"] + (0..<count).flatMap { ["x\($0)", "y\($0)"] }).joined(separator: ",")
            let row = (["a.png"] + (0..<2 * count).map { "\($0)" }).joined(separator: ",")
            try folder.write("\(header)\n\(row)\n", to: "keypoints.csv")
            #expect(try read().scheme == scheme)
        }
    }

    @Test("the JSON form: points, pairs, contours, eyes and images")
    func documents() throws {
        for name in ["a.png", "b.png"] { try folder.image(name) }
        let scheme =
            #""points":["l","r","m"],"pairs":[[0,1]],"contours":[{"name":"all","points":[0,1,2],"closed":true}],"eyes":{"left":[0],"right":[1],"corners":[0,1]}"#
        try folder.write(
            "{\(scheme),\"images\":[{\"image\":\"a.png\",\"points\":[[1,2],null,[3.5,4]],\"person\":\"x\",\"split\":\"test\"},"
                + "{\"image\":\"b.png\",\"points\":null}]}", to: "keypoints.json")
        let set = try read()
        #expect(set.scheme.contours == [.init("all", [0, 1, 2], isClosed: true)] && set.scheme.pairs == [.init(0, 1)])
        #expect(set.scheme.eyes == .init(left: [0], right: [1], corners: (0, 1)))
        #expect(set.images.items.map(\.landmarks) == [[Point(x: 1, y: 2), nil, Point(x: 3.5, y: 4)], []])
        #expect(set.images.items[0].part == .test && set.images.items[0].group == "x")
    }

    @Test(
        "what is wrong with a table is said with its line",
        arguments: [
            ("", "line 1 is missing"), ("name,x0,y0\n", "no column \"image\""),
            ("image,x0,y1\na.png,1,2\n", "without the y of the same point"),
            ("image,z\na.png,1\n", "\"z\", which is no x of a point"), ("image\na.png\n", "0 points"),
            ("image,x0,y0,x0,y0\na.png,1,2,3,4\n", "a point twice"),
            ("image,x0,y0\na.png,1\n", "line 2 has 2 fields, but the header has 3"),
            ("image,x0,y0\na.png,1,inf\n", "line 2: y0 is \"inf\""),
            ("image,x0,y0\na.png,1,abc\n", "line 2: y0 is \"abc\""),
            ("image,x0,y0\na.png,,2\n", "line 2: x0 is empty"),
            ("image,x0,y0\na.png,1,2\na.png,1,2\n", "listed twice, on lines 2 and 3"),
            ("image,x0,y0\nb.png,1,2\n", "1 of 1 image is not there: \"b.png\" (line 2)"),
            ("image,x0,y0,split\na.png,1,2,dev2\n", "train, val or test"),
            ("image,x0,y0\na.png,,\n", "no image has a point"),
        ])
    func wrongTables(text: String, expected: String) throws {
        try folder.image("a.png")
        try folder.write(text, to: "keypoints.csv")
        let error = #expect(throws: DatasetError.self) { try read() }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test(
        "what is wrong with a document is said",
        arguments: [
            ("[", "not valid JSON"), ("{}", "\"points\" that are a list"), (#"{"points":["a"]}"#, "\"images\""),
            (#"{"points":["a"],"images":[{}]}"#, "image 1 has no \"image\""),
            (#"{"points":["a"],"images":[{"image":"a.png","points":[[1,2],[3,4]]}]}"#, "has 2 points; 1 are expected"),
            (#"{"points":["a"],"images":[{"image":"a.png","points":[[1]]}]}"#, "the point [1]"),
            (#"{"points":["a"],"images":[{"image":"a.png","points":[[1,1e9]]}]}"#, "the point [1,"),
            (#"{"points":["a"],"images":[{"image":"a.png","split":"x"}]}"#, "the split \"x\""),
            (#"{"points":["a"],"pairs":[[0,1]],"images":[]}"#, "from 0 to 0"),
            (#"{"points":[],"images":[]}"#, "0 points"),
        ])
    func wrongDocuments(text: String, expected: String) throws {
        try folder.image("a.png")
        try folder.write(text, to: "keypoints.json")
        let error = #expect(throws: DatasetError.self) { try read() }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("a folder without a file of landmarks, and images that it does not list")
    func foldersAndUnlistedImages() throws {
        let error = #expect(throws: DatasetError.self) { try read() }
        #expect(error?.description.contains("keypoints.csv or keypoints.json") == true)
        for name in ["images/a.png", "images/sub/b.png"] { try folder.image(name) }
        try folder.write("notes", to: "images/notes.txt")
        try folder.write("image,x0,y0\na.png,1,2\n", to: "keypoints.csv")
        let skipped = try read().images.skipped
        #expect(skipped.groups.map(\.reason) == [.notAnImage, .noAnnotation])
        #expect(skipped.groups[1].examples == ["images/sub/b.png"])
    }

    // MARK: Persons

    @Test("persons: by the name before the last digits, by the folder, or none")
    func persons() throws {
        let names = ["x/Ann_Lee_01.png", "x/Ann_Lee_11.png", "y/Bob_00.png"]
        for name in names { try folder.image(name) }
        try folder.write("image,x0,y0\n" + names.map { "\($0),1,2\n" }.joined(), to: "keypoints.csv")
        func groups(_ rule: PersonRule) throws -> [String?] { try read(persons: rule).images.items.map(\.group) }
        #expect(try groups(.automatic) == ["Ann_Lee", "Ann_Lee", "Bob"])
        #expect(try groups(.name) == ["Ann_Lee", "Ann_Lee", "Bob"])
        #expect(try groups(.folder) == ["x", "x", "y"])
        #expect(try groups(.none) == [nil, nil, nil])
        // Names without numbers say nothing about persons.
        try folder.image("x/face.png")
        try folder.write("image,x0,y0\nx/face.png,1,2\nx/Ann_Lee_01.png,1,2\n", to: "keypoints.csv")
        #expect(try groups(.automatic) == [nil, nil])
        #expect(try Set(groups(.name)) == ["face", "Ann_Lee"])
        // As in the names that `train faces` takes.
        try folder.image("x/Bo-Lee 7.png")
        try folder.image("x/12.png")
        try folder.write("image,x0,y0\nx/Bo-Lee 7.png,1,2\nx/Ann_Lee_01.png,1,2\nx/12.png,1,2\n", to: "keypoints.csv")
        #expect(try Set(groups(.name)) == ["Bo-Lee", "Ann_Lee", nil])
        #expect(try groups(.automatic) == [nil, nil, nil])
    }

    /// Python: `sorted(persons, key=lambda p: hashlib.sha256(f"1:{p}".encode()).digest())`.
    @Test("persons are held out as a whole: those with the lowest hashes")
    func personsAreHeldOut() throws {
        try folder.faces(persons: 10, count: 3, side: 8)
        let set = try read("faces").images
        let split = try set.split(holdout: 0.2, test: 0.1, seed: 1)
        func persons(_ items: [Int]) -> Set<String> { Set(items.compactMap { set.items[$0].group }) }
        #expect(persons(split.validation) == ["p2", "p7"] && persons(split.test) == ["p4"])
        #expect(split.validation.count == 6 && split.test.count == 3 && split.train.count == 21)
        #expect(persons(split.train).isDisjoint(with: persons(split.validation).union(persons(split.test))))
        #expect(split.validation == split.validation.sorted() && split.train == split.train.sorted())
        #expect(try set.split(holdout: 0.2, seed: 2).validation != split.validation)
        let error = #expect(throws: DatasetError.self) { try set.split(holdout: 0.04, seed: 1) }
        #expect(error?.problem == .noGroupHeldOut(.validation, fraction: 0.04, groups: 10))
    }
}
