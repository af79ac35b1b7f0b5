import CVCore
import CVImage
import CVNN
import CVTensor
import CVWeights
import TestSupport
import Testing

@Suite struct PreprocessingTests {
    private struct Case: Decodable {
        let width, height, side: Int
        let resize: String
        let shorterSide: Int?
        let gray: Bool
        let samples: [Int]

        private enum CodingKeys: String, CodingKey {
            case width, height, side, resize, shorterSide, samples
            case gray = "grey"
        }
    }

    /// Pillow's `resize` and `convert("L")`, torchvision's `Resize` and `CenterCrop` (`Tools/golden/preprocessing.py`),
    /// sample by sample.
    @Test("preprocessing: matches Pillow and torchvision")
    func agreesWithPillowAndTorchvision() throws {
        let cases = try decoded("Golden/preprocessing.json", as: [Case].self)
        #expect(cases.count == 31)
        for golden in cases {
            let preprocessing = Preprocessing(
                width: golden.side, height: golden.side, resize: .init(rawValue: golden.resize)!,
                shorterSide: golden.shorterSide, channels: golden.gray ? .gray : .rgb)
            let tensor = preprocessing.tensor(ramp(width: golden.width, height: golden.height))
            let channels = golden.gray ? 1 : 3
            #expect(tensor.shape == [1, channels, golden.side, golden.side])
            let values = tensor.values
            let plane = golden.side * golden.side
            let found = (0..<plane * channels).map {
                Int(clamping: (values[$0 % channels * plane + $0 / channels] * 255).rounded())
            }
            #expect(found == golden.samples, "\(golden.width)×\(golden.height) \(golden.resize), gray \(golden.gray)")
        }
    }

    /// Mean and deviation stand in the order of the input's channels.
    @Test("preprocessing: channels are normalized in their order")
    func channelsAreNormalizedInTheirOrder() {
        let image = ramp(width: 3, height: 2)
        let rgb = Preprocessing(
            width: 3, height: 2, resize: .stretch, mean: [1, 2, 3], std: [10, 20, 30])
        let bgr = Preprocessing(
            width: 3, height: 2, resize: .stretch, channels: .bgr, mean: [3, 2, 1], std: [30, 20, 10])
        let (forward, backward) = (rgb.tensor(image).values, bgr.tensor(image).values)
        for channel in 0..<3 {
            #expect(
                forward[6 * channel..<6 * channel + 6].elementsEqual(backward[6 * (2 - channel)..<6 * (3 - channel)]))
        }
        #expect(forward[7] == (Float(image[1, 0].green) - 2) / 20)
    }

    /// The frame is the exact fill, its colors in the order of the channels, and the image lies in its middle.
    @Test(
        "preprocessing: the letterbox has exactly the fill color", arguments: [Preprocessing.Channels.rgb, .bgr, .gray])
    func letterboxesAreFilled(
        channels: Preprocessing.Channels
    ) {
        let fill = channels == .gray ? [7.5] : [7.5, 8.5, 9.5] as [Float]
        let preprocessing = Preprocessing(width: 8, height: 8, resize: .letterbox, fill: fill, channels: channels)
        let (tensor, letterbox) = preprocessing.letterboxed(Image(width: 16, height: 8, fill: .white))
        #expect((letterbox.offsetX, letterbox.offsetY) == (0, 2))
        let values = tensor.values
        for channel in 0..<channels.count {
            for y in 0..<8 {
                let expected = (2..<6).contains(y) ? 1 : fill[channel] / 255
                #expect(values[channel * 64 + y * 8..<channel * 64 + y * 8 + 8].allSatisfy { $0 == expected })
            }
        }
        #expect(preprocessing.tensor(Image(width: 16, height: 8, fill: .white)).values == values)
    }

    @Test("preprocessing: a batch equals its single images")
    func batchesHoldTheSameAsSingleImages() {
        let preprocessing = Preprocessing(width: 6, height: 5, resize: .crop, channels: .gray, mean: [99], std: [55])
        let images = [
            ramp(width: 9, height: 30), noise(width: 50, height: 3, seed: 1), noise(width: 6, height: 5, seed: 2),
        ]
        let batch = preprocessing.batch(images)
        #expect(batch.shape == [3, 1, 5, 6])
        #expect(batch.values == images.flatMap { preprocessing.tensor($0).values })
    }

    /// Neither memory nor time is spent on what is cut off.
    @Test(
        "preprocessing: long, narrow images take little time and memory", .timeLimit(.minutes(10)),
        arguments: [(1, 3_000_000), (3_000_000, 1)])
    func extremeProportionsAreCropped(width: Int, height: Int) {
        let image = Image(width: width, height: height, fill: Color(255, 0, 0))
        let values = Preprocessing(width: 224, height: 224, resize: .crop).tensor(image).values
        #expect(values[..<50176].allSatisfy { $0 == 1 } && values[50176...].allSatisfy { $0 == 0 })
    }

    @Test("preprocessing: JSON round trip of a crop with a shorter side")
    func theShorterSideIsWrittenAndReadWithACrop() throws {
        let crop = Preprocessing(width: 224, height: 112, resize: .crop, shorterSide: 128, filter: .bicubic)
        #expect(crop.json.text.hasPrefix(#"{"width":224,"height":112,"resize":"crop","shorter_side":128,"filter""#))
        #expect(try Preprocessing(text: crop.json.text) == crop)
        #expect(crop.tensor(ramp(width: 9, height: 50)).shape == [1, 3, 112, 224])
        for (side, expected) in [
            ("111", "a whole number from 112 to 4096"), ("4097", "a whole number from 112 to 4096"),
            (#""128""#, "a whole number from 112 to 4096"),
        ] {
            #expect(throws: PreprocessingError.badValue(key: "shorter_side", expected: expected, found: side)) {
                try Preprocessing(text: crop.json.text.replacing(":128", with: ":" + side))
            }
        }
        #expect(throws: PreprocessingError.self) {
            try Preprocessing(text: crop.json.text.replacing("crop", with: "stretch"))
        }
    }

    @Test("preprocessing: a letterbox at the upper left, resized linearly")
    func letterboxesAtTheUpperLeft() throws {
        let preprocessing = Preprocessing(
            width: 8, height: 8, resize: .letterbox, alignment: .topLeft, filter: .linear, fill: [114, 114, 114],
            channels: .bgr, std: [1, 1, 1])
        let text = preprocessing.json.text
        #expect(text.hasPrefix(#"{"width":8,"height":8,"resize":"letterbox","align":"top-left","filter":"linear""#))
        #expect(try Preprocessing(text: text) == preprocessing)
        #expect(throws: PreprocessingError.self) {
            try Preprocessing(text: text.replacing("letterbox", with: "stretch"))
        }
        #expect(throws: PreprocessingError.self) { try Preprocessing(text: text.replacing("top-left", with: "left")) }
        let (tensor, letterbox) = preprocessing.letterboxed(Image(width: 16, height: 8, fill: Color(1, 2, 3)))
        #expect((letterbox.offsetX, letterbox.offsetY) == (0, 0))
        let values = tensor.values
        for (channel, level) in [3, 2, 1].enumerated() {
            #expect(values[channel * 64..<channel * 64 + 32].allSatisfy { $0 == Float(level) })
            #expect(values[channel * 64 + 32..<channel * 64 + 64].allSatisfy { $0 == 114 })
        }
    }

    @Test("preprocessing: JSON round trip of one gray channel")
    func grayIsWrittenAndReadWithOneNumberEach() throws {
        let text = """
            {"width":28,"height":28,"resize":"stretch","filter":"bilinear","fill":[0],"channels":"grey","mean":[33.5],\
            "std":[78]}
            """
        let gray = Preprocessing(width: 28, height: 28, resize: .stretch, channels: .gray, mean: [33.5], std: [78])
        #expect(gray.json.text == text)
        #expect(try Preprocessing(text: text) == gray)
        for (key, value, expected) in [
            ("mean", "[1,2,3]", "one number"), ("std", "[0]", "one positive number"),
            ("fill", "[256]", "one number from 0 to 255"),
        ] {
            let members = try gray.json.object!.map { $0.key == key ? JSONMember(key, try JSONValue.parse(value)) : $0 }
            #expect(throws: PreprocessingError.badValue(key: key, expected: expected, found: value)) {
                try Preprocessing(text: JSONValue.object(members).text)
            }
        }
        #expect(throws: PreprocessingError.badValue(key: "fill", expected: "three numbers from 0 to 255", found: "[0]"))
        {
            try Preprocessing(text: text.replacing("grey", with: "rgb"))
        }
    }
}
