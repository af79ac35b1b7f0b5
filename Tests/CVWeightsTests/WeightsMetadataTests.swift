import CVCore
import CVNN
import CVWeights
import Testing

@Suite struct WeightsMetadataTests {
    @Test("weights metadata: a round trip through a file preserves it") func roundTripPreservesMetadata() throws {
        let file = try Safetensors(sampleWeights())
        var read = try WeightsMetadata(file.metadata)
        #expect(read.dataSHA256 == file.dataSHA256())
        read.dataSHA256 = nil
        #expect(read == sampleMetadata)
    }

    @Test("preprocessing: JSON is as documented") func preprocessingIsWrittenAsDocumented() throws {
        let text = """
            {"width":416,"height":416,"resize":"letterbox","filter":"bilinear","fill":[127.5,127.5,127.5],\
            "channels":"rgb","mean":[0,0,0],"std":[255,255,255]}
            """
        #expect(samplePreprocessing.json.text == text)
        #expect(try Preprocessing(text: text) == samplePreprocessing)
        let imageNet = Preprocessing(
            width: 224, height: 192, resize: .crop, filter: .bicubic, channels: .bgr, mean: [123.675, 116.28, 103.53],
            std: [58.395, 57.12, 57.375])
        #expect(try Preprocessing(text: imageNet.json.text) == imageNet)
    }

    @Test("weights metadata: optional keys may be missing") func optionalKeysMayBeMissing() throws {
        let metadata = WeightsMetadata(model: "m", task: "embed", preprocessing: samplePreprocessing)
        #expect(try WeightsMetadata(metadata.dictionary) == metadata)
        #expect(metadata.dictionary.keys.sorted() == ["model", "preprocessing", "task"])
    }

    @Test(
        "weights metadata: missing required keys are named",
        arguments: [WeightsMetadata.Key.model, .task, .preprocessing]) func requiredKeysAreNamed(
            key: WeightsMetadata.Key
        )
    {
        var dictionary = sampleMetadata.dictionary
        dictionary[key.rawValue] = nil
        #expect(throws: WeightsMetadataError(.missing(key), in: "f")) {
            try WeightsMetadata(dictionary, file: "f")
        }
    }

    @Test(
        "weights metadata: labels must be an array of strings", arguments: ["", "{}", "[1]", #"["a",null]"#, #"["a""#])
    func labelsAreAnArrayOfStrings(text: String) {
        var dictionary = sampleMetadata.dictionary
        dictionary["labels"] = text
        #expect(throws: WeightsMetadataError(.badLabels)) { try WeightsMetadata(dictionary) }
    }

    /// The size of the last layer and of every result depends on them.
    @Test("weights metadata: labels are bounded in number and length") func labelsAreBoundedInNumberAndLength() throws {
        var dictionary = sampleMetadata.dictionary
        func labels(_ labels: [String]) -> String { JSONValue.array(labels.map { .string($0) }).text }
        dictionary["labels"] = labels(Array(repeating: "x", count: 10_000))
        #expect(try WeightsMetadata(dictionary).labels.count == 10_000)
        for bad in [Array(repeating: "x", count: 10_001), [String(repeating: "x", count: 1001)]] {
            dictionary["labels"] = labels(bad)
            #expect(throws: WeightsMetadataError(.badLabels)) { try WeightsMetadata(dictionary) }
        }
    }

    @Test("preprocessing: hostile keys give short messages") func hostileKeysGiveShortMessages() {
        for key in [String(repeating: "k", count: 500_000), "e" + String(repeating: "\u{301}", count: 100_000)] {
            let error = #expect(throws: PreprocessingError.self) {
                try Preprocessing(text: JSONValue.object([JSONMember(key, 1)]).text)
            }
            #expect(error.map { $0.description.utf8.count < 400 } == true)
        }
    }

    @Test(
        "preprocessing: invalid and missing values are rejected",
        arguments: [
            ("width", "0", "a whole number from 1 to 8192"), ("width", "8193", "a whole number from 1 to 8192"),
            ("height", "1.5", "a whole number from 1 to 8192"),
            ("resize", "\"pad\"", "one of \"letterbox\", \"stretch\", \"crop\""),
            ("filter", "1", "one of \"nearest\", \"bilinear\", \"bicubic\", \"lanczos\", \"linear\""),
            ("channels", "\"RGB\"", "one of \"rgb\", \"bgr\", \"grey\""),
            ("fill", "[0,0,256]", "three numbers from 0 to 255"),
            ("fill", "[0,0]", "three numbers from 0 to 255"), ("mean", "[0,0,1e+300]", "three numbers"),
            ("std", "[1,0,1]", "three positive numbers"), ("std", "[1,-1,1]", "three positive numbers"),
            ("std", "[1,1,1,null]", "three positive numbers"),
        ]) func preprocessingIsChecked(key: String, value: String, expected: String) throws
    {
        let parsed = try JSONValue.parse(value)
        let members = samplePreprocessing.json.object!.map { $0.key == key ? JSONMember(key, parsed) : $0 }
        #expect(throws: PreprocessingError.badValue(key: key, expected: expected, found: value)) {
            try Preprocessing(text: JSONValue.object(members).text)
        }
        let without = samplePreprocessing.json.object!.filter { $0.key != key }
        #expect(throws: PreprocessingError.badValue(key: key, expected: expected, found: "missing")) {
            try Preprocessing(text: JSONValue.object(without).text)
        }
    }

    @Test("preprocessing: unknown keys and other JSON are rejected") func preprocessingHasNoOtherKeys() {
        let members = samplePreprocessing.json.object! + [JSONMember("means", [1])]
        #expect(throws: PreprocessingError.unknownKey("means", nearest: "mean")) {
            try Preprocessing(text: JSONValue.object(members).text)
        }
        #expect(throws: PreprocessingError.notAnObject(found: "an array")) { try Preprocessing(text: "[]") }
        let noJSON = JSONError(.unexpected(found: nil, expected: "a value"), at: 0)
        #expect(throws: PreprocessingError.notJSON(noJSON)) { try Preprocessing(text: "") }
    }
}
