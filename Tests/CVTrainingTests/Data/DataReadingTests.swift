import CVCore
import CVImage
import CVNN
import CVTraining
import CVWeights
import TestSupport
import Testing

@Suite struct DataReadingTests {
    private func problem(_ path: String, classes: [String]? = nil) -> DatasetError.Problem? {
        #expect(throws: DatasetError.self) { try ImageDataset.classification(contentsOf: path, classes: classes) }?
            .problem
    }

    // MARK: Folders

    /// In the order of bytes, as Python sorts: capitals first, "é" last.
    @Test("data set: folders are classes") func foldersAreClasses() throws {
        let scratch = try Scratch()
        for name in ["b/2.png", "b/10.png", "a b/1.jpeg", "a/9.JPG", "Z/1.png", "é/1.png"] {
            try scratch.write("x", to: name)
        }
        for name in ["readme.txt", "a/Thumbs.db", "a/._9.JPG", ".git/HEAD", "a/deeper/1.png", "__MACOSX/a/1.png"] {
            try scratch.write("x", to: name)
        }
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        #expect(dataset.classes == ["Z", "a", "a b", "b", "é"])
        #expect(
            dataset.items.map(\.name) == [
                "Z/1.png", "a b/1.jpeg", "a/9.JPG", "a/deeper/1.png", "b/10.png", "b/2.png", "é/1.png",
            ])
        #expect(dataset.items.map(\.label) == [0, 2, 1, 1, 3, 3, 4])
        #expect(dataset.counts == [1, 2, 1, 2, 1] && dataset.nestedFolders == ["a/deeper"])
        #expect(dataset.skipped.count == 5 && dataset.skipped.lost == 0)
        #expect(dataset.skipped.groups.map(\.reason) == [.notAnImage])
        #expect(
            dataset.skipped.groups.first?.examples
                == [".git", "__MACOSX", "a/._9.JPG", "a/Thumbs.db", "readme.txt"])
    }

    @Test("data set: an empty class folder is named") func anEmptyClassFolderIsNamed() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 1)
        try scratch.write("x", to: "c/drawing.svg")
        let error = #expect(throws: DatasetError.self) { try ImageDataset.classification(contentsOf: scratch.path) }
        #expect(
            error?.description
                == "\(scratch.path): the class folder \"c\" has no JPEG or PNG images (but 1 image in a format that is not "
                + "read: \"c/drawing.svg\"); add some, or remove the folder")
    }

    @Test("data set: one class is too few") func oneClassIsTooFew() throws {
        let scratch = try Scratch()
        guard case .tooFewClasses([], _) = problem(scratch.path) else {
            Issue.record("an empty folder")
            return
        }
        try scratch.classes(["only"], count: 2)
        try scratch.image("beside.png")
        let error = #expect(throws: DatasetError.self) { try ImageDataset.classification(contentsOf: scratch.path) }
        #expect(
            error?.description
                == "\(scratch.path): has only the class \"only\" (but 1 image in no class folder: \"beside.png\"); 2 classes "
                + "or more expected, the images of each in a folder with its name")
    }

    @Test("data set: anything but a data set is a typed error") func otherThingsThanSetsAreTypedErrors() throws {
        let scratch = try Scratch()
        guard case .nothingThere = problem(scratch.path + "/nothing") else {
            Issue.record("nothing there")
            return
        }
        let image = try scratch.image("a.png")
        #expect(throws: TarError.self) { try ImageDataset.classification(contentsOf: image) }
        let zip = try scratch.write("PK\u{3}\u{4}" + String(repeating: " ", count: 600), to: "set.zip")
        let error = #expect(throws: TarError.self) { try ImageDataset.classification(contentsOf: zip) }
        #expect(error?.description == "\(zip): is a zip file; unpack it to a folder first")
    }

    /// With the labels of a network: the same numbers, in its order; or what differs.
    @Test("data set: classes may be given") func classesMayBeGiven() throws {
        let scratch = try Scratch()
        try scratch.classes(["cat", "dog", "bird"], count: 1)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path, classes: ["dog", "bird", "cat"])
        #expect(dataset.items.map(\.name) == ["bird/00.png", "cat/00.png", "dog/00.png"])
        #expect(dataset.items.map(\.label) == [1, 2, 0])
        let error = #expect(throws: DatasetError.self) {
            try ImageDataset.classification(contentsOf: scratch.path, classes: ["dog", "cats", "bird", "horse"])
        }
        #expect(
            error?.description
                == "\(scratch.path): its classes are others than expected: it has \"cat\" (near to \"cats\") that is not "
                + "known, and lacks \"cats\", \"horse\"; the names must be the same")
    }

    // MARK: Lists

    @Test("data set: lists are read") func listsAreRead() throws {
        let scratch = try Scratch()
        for name in ["photos/1.png", "photos/a, \"b\".png", "cat/3.png"] { try scratch.write("x", to: name) }
        let elsewhere = try Scratch()
        let far = try elsewhere.write("x", to: "4.png")
        // A byte order mark, both ends of lines, quotes, blanks, an empty line, a column of no concern.
        let list = try scratch.write(
            "\u{FEFF}label,Path,note\r\ncat, photos/1.png ,\r\n\r\n\"dog\",\"photos/a, \"\"b\"\".png\",\"two\nlines\"\n"
                + "cat,cat/3.png,x\ndog,\(far),", to: "list.csv")
        let dataset = try ImageDataset.classification(contentsOf: list)
        #expect(dataset.classes == ["cat", "dog"])
        #expect(
            dataset.items.map(\.name) == ["cat/3.png", "cat/photos/1.png", "dog/\(far)", "dog/photos/a, \"b\".png"])
        for item in dataset.items { #expect(try dataset.bytes(of: item) == [120]) }
    }

    @Test(
        "data set: bad lists name the line",
        arguments: [
            ("", DatasetError.Problem.emptyList), ("\n\r\n", .emptyList),
            ("file,label\na,b", .badHeader(found: ["file", "label"])),
            ("path,label\na.png,", .emptyField("label", line: 2)),
            ("path,label\n\n \t,x", .emptyField("path", line: 3)),
            ("path,label\na.png", .wrongFieldCount(line: 2, expected: 2, found: 1)),
            ("path,label\na.png,x,y", .wrongFieldCount(line: 2, expected: 2, found: 3)),
            ("path,label\n\"a\nb\",x\n\"c", .openQuote(line: 4)), ("path,label\n\"a\nb\"c,x", .textAfterQuote(line: 3)),
            ("path,label,split\na.png,x,both", .badPart("both", line: 2)),
            ("path,label\na.png,x\nb.png,y\na.png,y", .listedTwice("a.png", lines: [2, 4])),
        ]) func badListsNameTheLine(text: String, expected: DatasetError.Problem) throws
    {
        let scratch = try Scratch()
        for name in ["a.png", "b.png"] { try scratch.write("x", to: name) }
        #expect(try problem(scratch.write(text, to: "list.csv")) == expected)
    }

    /// Any bytes: a data set or a typed error.
    @Test("data set: no malformed list crashes") func noListIsACrash() throws {
        let scratch = try Scratch()
        for name in ["a.png", "b.png"] { try scratch.write("x", to: name) }
        let good = Array("path,label,split\r\n\"a.png\",x,train\nb.png,\"y\"\"z\",\n".utf8)
        let odd = Array("\",\r\n x\u{0}é/.".utf8) + [0xFF]
        var numbers = SplitMix64(seed: 4)
        var read = 0
        for _ in 0..<800 {
            var bytes = good
            for _ in 0...numbers.next() % 3 {
                let position = Int(numbers.next() % UInt64(bytes.count))
                switch numbers.next() % 3 {
                case 0: bytes[position] = odd[Int(numbers.next() % UInt64(odd.count))]
                case 1: bytes.insert(odd[Int(numbers.next() % UInt64(odd.count))], at: position)
                default: bytes.remove(at: position)
                }
            }
            do {
                read +=
                    try ImageDataset.classification(contentsOf: scratch.write(bytes, to: "list.csv")).items.isEmpty
                    ? 0 : 1
            } catch is any ToolkitError {}
        }
        #expect(read > 50 && read < 750)
    }

    @Test("data set: names of classes fit into weights") func namesOfClassesFitIntoWeights() throws {
        let scratch = try Scratch()
        try scratch.write("x", to: "a.png")
        let long = String(repeating: "n", count: 1001)
        let list = try scratch.write("path,label\na.png,\(long)\n./a.png,b\n", to: "list.csv")
        #expect(problem(list) == .longClassName(long, bytes: 1001, limit: 1000))
    }

    @Test("data set: lists that are not text are errors") func listsThatAreNoTextAreErrors() throws {
        let scratch = try Scratch()
        #expect(
            try problem(scratch.write(Array("path,label\n\n".utf8) + [0xFF, 0xFE], to: "list.csv")) == .notUTF8(line: 3)
        )
    }

    @Test("data set: images that are not there are counted") func imagesThatAreNotThereAreCounted() throws {
        let scratch = try Scratch()
        try scratch.write("x", to: "a.png")
        try makeFolder(scratch.path + "/folder")
        let rows = ["a.png,x", "b.png,y", "folder,y", "d.png,x", "e.png,x"]
        let list = try scratch.write("path,label\n" + rows.joined(separator: "\n"), to: "list.csv")
        let error = #expect(throws: DatasetError.self) { try ImageDataset.classification(contentsOf: list) }
        #expect(
            error?.description
                == "\(list): 4 of 5 images are not there: \"b.png\" (line 3), \"folder\" (line 4), \"d.png\" (line 5) and "
                + "1 more; paths are relative to the folder of the list")
    }

    // MARK: Decoding

    @Test("data set: broken images are left out and listed") func brokenImagesAreLeftOutAndListed() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 5)
        try scratch.write("not an image", to: "a/01.png")
        let whole = noise(width: 64, height: 64, seed: 1)
        try scratch.write(Array(try whole.encoded(as: .png()).prefix(700)), to: "b/04.png")
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        var counts: [Int] = []
        let images = try dataset.decoded(for: Preprocessing(width: 4, height: 4, resize: .stretch)) { done, all in
            #expect(all == 10)
            counts.append(done)
        }
        #expect(counts == Array(1...10))
        #expect(images.broken.map(\.item.name) == ["a/01.png", "b/04.png"])
        #expect(images.broken.allSatisfy { $0.error is ImageError })
        #expect(images.items.count == 8 && images.counts == [4, 4])
        // What is left is in its own position.
        let loader = BatchLoader(
            images, items: Array(0..<8), batchSize: 8, preprocessing: images.preprocessing, shuffles: false)
        let batch = try #require(try loader.batches().next())
        let expected = try images.items.flatMap { try images.preprocessing.tensor(dataset.image(of: $0)).values }
        #expect(batch.images.values == expected)
    }

    @Test("data set: a class without any image that decodes is an error")
    func aClassWithoutAnyImageThatDecodesIsAnError() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 2)
        for index in 0..<2 { try scratch.write("", to: "b/0\(index).png") }
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        for limit in [0, 1 << 30] {
            let error = #expect(throws: DatasetError.self) {
                try dataset.decoded(for: Preprocessing(width: 4, height: 4, resize: .stretch), memoryLimit: limit)
            }
            #expect(
                error?.description == "\(scratch.path): no image of class \"b\" can be decoded (of 2); the first: "
                    + "b/00.png: is not a JPEG or PNG image: it is empty")
        }
    }

    // MARK: Statistics

    /// In double precision over the samples as they are, for every order of channels and any number of threads.
    @Test(
        "data set: mean and deviation are those of the training part",
        arguments: [Preprocessing.Channels.rgb, .bgr, .gray])
    func meanAndDeviationAreThoseOfTheTrainingPart(channels: Preprocessing.Channels) throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 80, side: 5)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        let preprocessing = Preprocessing(width: 5, height: 5, resize: .stretch, channels: channels)
        let images = try dataset.decoded(for: preprocessing)
        let part = Array(stride(from: 1, to: 160, by: 3))
        let found = try images.normalization(over: part)
        let tensors = try part.map { try preprocessing.tensor(dataset.image(of: dataset.items[$0])).values }
        for channel in 0..<channels.count {
            let values = tensors.flatMap { $0[25 * channel..<25 * (channel + 1)].map { Double($0) * 255 } }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            #expect(abs(Double(found.mean[channel]) - mean) < 1e-4)
            #expect(abs(Double(found.std[channel]) - variance.squareRoot()) < 1e-4)
        }
        let before = Parallel.threadCount
        defer { Parallel.threadCount = before }
        for threads in [1, 3] {
            Parallel.threadCount = threads
            #expect(try images.normalization(over: part) == found)
            let again = try dataset.decoded(for: preprocessing, memoryLimit: 0)
            #expect(try again.normalization(over: part) == found)
        }
    }

    @Test("data set: a channel that never changes has a deviation of one")
    func aChannelThatNeverChangesHasADeviationOfOne() throws {
        let scratch = try Scratch()
        for name in ["a/1.png", "b/1.png"] {
            try scratch.write(Image(width: 3, height: 3, fill: Color(7, 0, 255)).encoded(as: .png()), to: name)
        }
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        let images = try dataset.decoded(for: Preprocessing(width: 3, height: 3, resize: .stretch))
        let found = try images.normalization(over: [0, 1])
        #expect(found.mean == [7, 0, 255] && found.std == [1, 1, 1])
    }
}
