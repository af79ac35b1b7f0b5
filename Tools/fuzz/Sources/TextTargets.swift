@testable import CLISupport
@testable import CVCore
@testable import CVImage
@testable import CVSegmentation
@testable import CVTask
@testable import CVTraining
@testable import CVWeights

extension FuzzTarget {
    /// Text files and the values of options: labels, lists of images, JSON, CSV, kernels, augmentation, ranges, colors.
    ///
    /// The first byte chooses what reads the rest.
    static let texts = FuzzTarget(
        name: "texts",
        seeds: {
            samples.enumerated().flatMap { index, texts in
                texts.map { [UInt8(ascii: "a") + UInt8(index)] + Array($0.utf8) }
            }
        },
        words: {
            [
                "\u{FEFF}", "\r\n", "#", "blur=", "rotate=15", "mirror@0.5", "hsv", "1e-45", "nan", "inf", "1e308",
                "..", "log",
            ]
                + AugmentationKind.all.map(\.name) + FilterKernel.named.map(\.name)
        },
        run: { bytes in
            let reader = Int(bytes.first ?? 0) - Int(UInt8(ascii: "a"))
            guard readers.indices.contains(reader) else { return }
            try readers[reader](Array(bytes.dropFirst()))
        })

    /// In the order of `samples`.
    private static let readers: [@Sendable ([UInt8]) throws -> Void] = [
        { _ = try LabelFile.read(file("x.names", $0)) },
        { _ = try SegmentationLabels(contentsOf: file("classes.txt", $0)) },
        { _ = InputExpander().expand([try file("list.txt", $0)]).map(\.name) },
        { _ = try JSONValue.parse($0).text },
        { bytes in
            var reader = CSVReader(bytes)
            while try reader.next() != nil {}
        },
        { bytes in
            let small = image(3, 2)
            let kernel = try FilterKernel(String(decoding: bytes, as: UTF8.self))
            for padding in ImageFilter.Padding.allCases {
                guard let response = try? ImageFilter(kernel, padding: padding, gray: false)(small) else { continue }
                for rendering in FilterResponse.Rendering.allCases { _ = response.image(rendering) }
            }
        },
        { bytes in
            let pipeline = try AugmentationRecipe(String(decoding: bytes, as: UTF8.self)).pipeline
            var generator = SplitMix64(seed: 1)
            _ = pipeline(Sample(image(12, 8)), using: &generator)
        },
        { _ = try SearchRange(String(decoding: $0, as: UTF8.self), limits: 1e-6...10) },
        { _ = Color(text: String(decoding: $0, as: UTF8.self)) },
        { bytes in
            let texts = String(decoding: bytes, as: UTF8.self).split(separator: ",").map(String.init)
            _ = try ClassSelection.parse(texts, labels: ["cat", "tvmonitor", "dog", "a b"])
        },
        { _ = try Preprocessing(text: String(decoding: $0, as: UTF8.self)) },
        { bytes in
            _ = TrainingProgress(try JSONValue.parse(bytes), stepsPerEpoch: 4)?.json.text
        },
    ]

    private static let samples = [
        ["cat\ndog\n\n a b \r\n", "\u{FEFF}cat\n"],
        ["128 128 128 Sky\n128 0 0 Building\n", "background\ncat\n"],
        ["a.png\n# comment\nb c.png\r\n", "\u{FEFF}/x/y.jpg\n-\n"],
        ["{\"a\":[1,2.5e-3,\"\\u00e4\\ud83d\\ude00\",null,true]}", "[[[]],{}]"],
        ["a,b\n\"c\"\"\",d\r\n"],
        ["sobel-x", "1,0,-1;2,0,-2;1,0,-1", "1e-45"],
        ["mirror@0.5,rotate=15,hsv", "crop=0.5..1,blur,erase"],
        ["0.001..0.1", "log:1e-4..1e-2", "0.1,0.2"],
        ["red", "#fff", "#a0b0c0"],
        ["cat,dog", "1,3", "tv monitor"],
        [Preprocessing(width: 28, height: 28, resize: .crop, shorterSide: 32).json.text],
        [
            "{\"epoch\":1,\"step\":2,\"loss_sum\":0.5,\"metric_sums\":{\"accuracy\":1},\"best_epoch\":1,\"seconds\":2,\"rows\":"
                + "[{\"epoch\":1,\"rate\":0.1,\"loss\":1,\"training\":{},\"metrics\":{},\"seconds\":1}]}"
        ],
    ]
}
