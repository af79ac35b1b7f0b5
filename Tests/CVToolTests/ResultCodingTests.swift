import CVClassification
import CVCore
import CVDetection
import CVImage
import CVModels
import CVSegmentation
import CVStyle
import CVTask
import CVTensor
import CVWeights
import Foundation
import TestSupport
import Testing

/// What the library returns, as JSON by `JSONEncoder` and back.
@Suite("Results are Codable") struct ResultCodingTests {
    private let detections = [
        Detection(
            label: "dog \"x\"", classIndex: 16, confidence: 0.9,
            box: Box(minX: 128.3, minY: 224, maxX: 313.25, maxY: 538)),
        Detection(
            label: "cat", classIndex: 15, confidence: 0.1, box: Box(minX: 0, minY: 0, maxX: 1, maxY: 1e-7)),
    ]

    /// Encodes, decodes and compares; gives the JSON, with the members of objects in the order of their keys.
    @discardableResult private func roundTrip<Value: Codable & Equatable>(_ value: Value) throws -> JSONValue {
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(Value.self, from: data) == value)
        return comparable(try JSONValue.parse(data))
    }

    /// Numbers as doubles: 12 and 12.0 are one number, but differ in their text.
    private func comparable(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(members.map { JSONMember($0.key, comparable($0.value)) }.sorted { $0.key < $1.key })
        case .array(let values): .array(values.map(comparable))
        case .integer(let number): .number(Double(number))
        default: value
        }
    }

    private func decoding<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    @Test("Detections are encoded as in the record of the command") func detectionsEqualTheRecord() throws {
        let record = DetectionRecord(input: "a.jpg", width: 640, height: 480, results: detections)
        let json = comparable(try JSONValue.parse(record.json))
        #expect(try roundTrip(detections) == json["detections"])
        #expect(try roundTrip(record) == json)
        let failed = DetectionRecord(input: "b.jpg", error: "it is no image")
        #expect(try roundTrip(failed) == comparable(try JSONValue.parse(failed.json)))
        try roundTrip(Candidate(classIndex: 3, confidence: 0.5, box: detections[0].box))
    }

    @Test("Classes of an image are encoded as in the record of the command") func classificationEqualsTheRecord() throws
    {
        let classes = [
            Classification(label: "cat", index: 3, probability: 0.7),
            Classification(label: "", index: 0, probability: 1e-20),
        ]
        let record = ClassificationRecord(input: "-", width: 1, height: 2, results: classes)
        let json = comparable(try JSONValue.parse(record.json))
        #expect(try roundTrip(classes) == json["classes"])
        #expect(try roundTrip(record) == json)
    }

    private let map = SegmentationMap(
        mask: Mask(width: 6, height: 3, values: [0, 0, 1, 1, 1, 0, 0, 0, 1, 255, 1, 0, 0, 0, 1, 1, 1, 2]),
        labels: SegmentationLabels(["road", "car", "sky"], colors: [.black, Color(255, 128, 0), Color(1, 2, 3, 4)]))

    @Test("Segmentations, mattes, polygons and their parts") func segmentation() throws {
        let json = try roundTrip(map)
        #expect(json["mask"]?["runs"]?.array?.prefix(4).map(\.double) == [0, 2, 1, 3])
        #expect(json["labels"]?["colors"]?.array?.map(\.string) == ["#000000", "#ff8000", "#01020304"])
        try roundTrip(map.matte(of: [1]))
        let found = map.classes()
        let record = SegmentationRecord(input: "a", width: 6, height: 3, results: found)
        let listed = try roundTrip(found)
        let written = comparable(try JSONValue.parse(record.json))["classes"]
        for (mine, theirs) in zip(listed.array ?? [], written?.array ?? []) {
            #expect(
                mine["label"] == theirs["label"] && mine["class"] == theirs["class"] && mine["box"] == theirs["box"])
            // The record has the digits of a Float.
            #expect(abs((mine["share"]?.double ?? 0) - (theirs["share"]?.double ?? 1)) < 1e-7)
        }
        #expect(listed.array?.count == 3 && written?.array?.count == 3)
        try roundTrip(ConnectedComponents(of: map.mask).list)
    }

    @Test("The document of polygons is what its text says") func polygons() throws {
        var document = PolygonDocument()
        document.append(map, of: [0, 1], input: "a.png")
        document.append(map, of: [2], input: "b.png")
        let json = try roundTrip(document)
        #expect(json == comparable(try JSONValue.parse(document.text)))
        var ring = PolygonDocument()
        let values = (0..<64).map { (2..<6).contains($0 % 8) && (2..<6).contains($0 / 8) ? 0 : 1 as UInt8 }
        let square = SegmentationMap(mask: Mask(width: 8, height: 8, values: values), labels: map.labels)
        ring.append(square, of: [1], input: "ring.png")
        #expect(ring.images[0].regions.map(\.polygon.holes.count) == [1])
        #expect(try roundTrip(ring) == comparable(try JSONValue.parse(ring.text)))
        #expect(throws: DecodingError.self) {
            try decoding(
                PolygonDocument.Region.self,
                #"{"label":"a","class":0,"area":1,"box":[0,0,1,1],"outer":[[1e30,0]],"holes":[]}"#)
        }
    }

    @Test("Metrics are encoded as their report, with what they are made of") func metrics() throws {
        var classes = ClassificationMetrics(classes: ["a", "b", "c"])
        classes.add(logits: Tensor([1, 2, 0.5, 3, 1, 1, 0, 0, 0.1], shape: [3, 3]), labels: [1, 0, 1])
        let json = try roundTrip(classes)
        for member in comparable(classes.json).object ?? [] { #expect(json[member.key] == member.value) }
        #expect(try roundTrip(classes.macro)["pictures"]?.double == 3)
        var pixels = SegmentationMetrics(classes: ["a", "b", "c"])
        pixels.add(map.mask.values.map { $0 == 255 ? 0 : $0 }, map.mask)
        #expect(try roundTrip(pixels) == comparable(pixels.json))
        try roundTrip(pixels.mean)
        for confusion in ["[[1]]", "[[1,2],[3]]", "[[1,-1],[0,0]]", "[[9223372036854775807,1],[1,1]]"] {
            #expect(throws: DecodingError.self) {
                try decoding(
                    SegmentationMetrics.self,
                    #"{"classes":[{"label":"a"},{"label":"b"}],"pictures":1,"confusion":\#(confusion)}"#)
            }
        }
    }

    @Test("Numbers whose sums would overflow, and empty frames, are errors of decoding") func impossibleNumbers() throws
    {
        for (images, confusion) in [
            ("1", "[[9223372036854775807]]"), ("9223372036854775807", "[[1]]"), ("-1", "[[1]]"),
        ] {
            #expect(throws: DecodingError.self) {
                try decoding(
                    SegmentationMetrics.self,
                    #"{"classes":[{"label":"a"}],"pictures":\#(images),"confusion":\#(confusion)}"#)
            }
        }
        for numbers in [#""width":0,"height":1,"steps":1"#, #""width":1,"height":1,"steps":9223372036854775807"#] {
            #expect(throws: DecodingError.self) { try decoding(StylePlan.Scale.self, "{\(numbers)}") }
        }
        for frame in [#""width":0,"height":4,"box":[0,0,1,1]"#, #""width":4,"height":4,"box":[1,1,1,0]"#] {
            #expect(throws: DecodingError.self) { try decoding(InputFrame.self, "{\(frame)}") }
        }
        let input = ModelSpec.Input(channels: 1, height: 28, width: 28)
        let summary = try JSONEncoder().encode(ModelRegistry.spec(named: "logistic").summary(input: input))
        let damaged = String(decoding: summary, as: UTF8.self)
            .replacing(/"shape":"?\[?[^,}]*/, with: #""shape":[4611686018427387904,4,0]"#)
        #expect(throws: DecodingError.self) { try decoding(ModelSummary.self, damaged) }
    }

    @Test("Facts about models, weights and styles") func facts() throws {
        var preprocessing = Preprocessing(width: 224, height: 192, resize: .crop, shorterSide: 256, filter: .bicubic)
        preprocessing.mean = [123.675, 116.28, 103.53]
        #expect(try roundTrip(preprocessing) == comparable(preprocessing.json))
        try roundTrip(
            WeightsMetadata(
                model: "m", task: "detect", preprocessing: preprocessing, labels: ["a", "b\n"], version: "1"))
        let path = packageFolder.appending(path: "Weights/resnet20-cifar10.safetensors").path
        let checks = try roundTrip(WeightsVerification(path: path))["checks"]?.array
        #expect(checks?.first?["name"]?.string == "structure" && checks?.first?["outcome"]?.string == "ok")
        try roundTrip(WeightsVerification(path: packageFolder.appending(path: "README.md").path))
        let input = ModelSpec.Input(channels: 3, height: 32, width: 64)
        let summary = try ModelRegistry.spec(named: "resnet20").summary(classes: 3, input: input)
        let json = try roundTrip(summary)
        #expect(json["multiply_adds"]?.double == Double(summary.multiplyAdds) && summary.multiplyAdds > 1 << 20)
        try roundTrip(StyleLosses.example)
        try roundTrip(ActivatingPatch.example)
        try roundTrip(Keypoint(Point(x: 0.1, y: -3), isVisible: false))
        try roundTrip(InputFrame(width: 4, height: 5, box: detections[0].box))
    }

    @Test(
        "Values that make no sense are errors of decoding, never traps",
        arguments: [
            (#"{"width":2,"height":2,"runs":[1,4]}"#, true), (#"{"width":2,"height":2,"runs":[1,3]}"#, false),
            (#"{"width":2,"height":2,"runs":[1,5]}"#, false), (#"{"width":2,"height":2,"runs":[1,-4,1,8]}"#, false),
            (#"{"width":2,"height":2,"runs":[256,4]}"#, false), (#"{"width":2,"height":2,"runs":[1]}"#, false),
            (#"{"width":0,"height":0,"runs":[]}"#, false), (#"{"width":-2,"height":-2,"runs":[1,4]}"#, false),
            (#"{"width":4294967296,"height":4294967296,"runs":[1,4]}"#, false),
            (#"{"width":1000000,"height":1000000,"runs":[1,1000000000000]}"#, false),
        ])
    func hostileMasks(_ text: String, isValid: Bool) {
        if isValid {
            #expect(throws: Never.self) { try decoding(Mask.self, text) }
        } else {
            #expect(throws: DecodingError.self) { try decoding(Mask.self, text) }
        }
    }

    @Test("Other values that make no sense") func hostileValues() {
        for text in ["[1,2,3]", "[1,2,3,4,5]", "{}", "[\"a\",1,1,1]"] {
            #expect(throws: DecodingError.self) { try decoding(Box.self, text) }
        }
        for text in ["\"red\"", "\"#12345\"", "\"#gggggg\"", "\"#ff80001\"", "\"\"", "3"] {
            #expect(throws: DecodingError.self) { try decoding(Color.self, text) }
        }
        #expect(throws: DecodingError.self) {
            try decoding(SegmentationLabels.self, ##"{"names":["a","b"],"colors":["#000000"]}"##)
        }
        #expect(throws: DecodingError.self) { try decoding(Preprocessing.self, #"{"width":0}"#) }
        #expect(throws: DecodingError.self) { try decoding(WeightsMetadata.self, #"{"model":"a"}"#) }
        #expect(throws: DecodingError.self) {
            try decoding(
                ModelSummary.self,
                #"{"input":[1,1,1],"parameters":1,"layers":[{"layer":"","operation":"a","shape":[9223372036854775807,9],"#
                    + #""parameters":1,"multiply_adds":1}]}"#)
        }
    }
}

extension StyleLosses {
    fileprivate static var example: StyleLosses {
        get throws {
            try JSONDecoder().decode(
                StyleLosses.self,
                from: Data(#"{"content":0.1,"style":2,"variation":0,"layout":1e-9,"total":2.1}"#.utf8))
        }
    }
}

extension ActivatingPatch {
    fileprivate static var example: ActivatingPatch {
        get throws {
            try JSONDecoder().decode(ActivatingPatch.self, from: Data(#"{"value":0.3,"box":[1,2,3,4.5]}"#.utf8))
        }
    }
}
