import CVCore
import CVDetection
import CVImage
import CVTensor
import TestSupport
import Testing

/// Superpixels and the boxes that they grow to.
@Suite("Proposals of regions") struct ProposalTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            let scale: Float, minimumSize: Int
            let labels: [Int32]
        }
        let width: Int, height: Int, patch: Int
        let cases: [Case]
    }

    /// As in `Tools/golden/superpixels.py`.
    private func image(_ golden: Golden) -> Image {
        let (width, height, patch) = (golden.width, golden.height, golden.patch)
        let colors = uniformTensor(seed: 41, [height / patch, width / patch, 3]).values
        let noise = uniformTensor(seed: 42, [height, width, 3]).values
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<3 {
                    let color = colors[(y / patch * (width / patch) + x / patch) * 3 + channel]
                    pixels.append(
                        UInt8(clamping: (color * 200 + noise[(y * width + x) * 3 + channel] * 40).rounded(.down)))
                }
            }
        }
        return Image(width: width, height: height, format: .rgb, pixels: pixels)
    }

    /// The adjusted Rand index: 1 for the same division, about 0 for divisions that have nothing in common.
    private func agreement(_ a: [Int32], _ b: [Int32]) -> Double {
        func pairs(_ counts: some Sequence<Int>) -> Double { counts.reduce(0) { $0 + Double($1) * Double($1 - 1) / 2 } }
        func counts<Key: Hashable>(_ keys: [Key]) -> [Int] {
            Array(keys.reduce(into: [Key: Int]()) { $0[$1, default: 0] += 1 }.values)
        }
        let (together, first, second) = (pairs(counts(zip(a, b).map { [$0, $1] })), pairs(counts(a)), pairs(counts(b)))
        let expected = first * second / pairs([a.count])
        return (together - expected) / ((first + second) / 2 - expected)
    }

    @Test("Superpixels: scikit-image's, but for edges of the same length")
    func equalTheReference() throws {
        let golden: Golden = try decoded("Golden/superpixels.json", as: Golden.self)
        let image = image(golden)
        for expected in golden.cases {
            var options = Superpixels.Options()
            (options.scale, options.minimumSize, options.blur) = (expected.scale, expected.minimumSize, 0)
            let found = Superpixels(image, options: options)
            let agreement = agreement(found.labels, expected.labels)
            #expect(agreement > 0.98, "scale \(expected.scale), least \(expected.minimumSize): \(agreement)")
            #expect(Set(found.labels).count == found.count && found.labels.first == 0)
        }
    }

    @Test("Superpixels: of one color one region; nothing smaller than asked for")
    func sizes() throws {
        #expect(Superpixels(Image(width: 9, height: 7, fill: .white)).count == 1)
        #expect(Superpixels(Image(width: 1, height: 1, fill: .black)).labels == [0])
        var options = Superpixels.Options()
        (options.scale, options.minimumSize) = (0.01, 30)
        let found = Superpixels(noise(width: 40, height: 30, seed: 3), options: options)
        let sizes = Dictionary(grouping: found.labels, by: { $0 }).values.map(\.count)
        #expect(sizes.allSatisfy { $0 >= 30 } && found.count > 1)
    }

    @Test("SelectiveSearch: each drawn object is among the boxes, however large, and the whole image comes first")
    func findsDrawnObjects() throws {
        var image = Image(width: 400, height: 300, fill: Color(90, 140, 90))
        let objects = [
            Box(minX: 40, minY: 50, maxX: 140, maxY: 250), Box(minX: 220, minY: 30, maxX: 360, maxY: 90),
            Box(minX: 260, minY: 180, maxX: 300, maxY: 220),
        ]
        for (object, color) in zip(objects, [Color(200, 40, 40), Color(30, 60, 200), Color(240, 240, 60)]) {
            image.fill(object, color: color)
        }
        // An object of two parts.
        image.fill(Box(minX: 40, minY: 150, maxX: 140, maxY: 250), color: Color(180, 20, 90))
        let boxes = SelectiveSearch().boxes(in: image)
        for object in objects {
            let best = boxes.map { $0.intersectionOverUnion(with: object) }.max() ?? 0
            #expect(best > 0.9, "\(object): \(best)")
        }
        #expect(boxes.first == Box(minX: 0, minY: 0, maxX: 400, maxY: 300))
        #expect(boxes == SelectiveSearch().boxes(in: image))
        #expect(Set(boxes.map { [$0.minX, $0.minY, $0.maxX, $0.maxY] }).count == boxes.count)
        var few = SelectiveSearch()
        few.maximumCount = 2
        #expect(few.boxes(in: image) == Array(boxes.prefix(2)))
    }

    @Test("SelectiveSearch: images of a pixel or a line give a box at most")
    func tinyImages() {
        #expect(SelectiveSearch().boxes(in: Image(width: 1, height: 1, fill: .white)).isEmpty)
        #expect(SelectiveSearch().boxes(in: Image(width: 3000, height: 1, fill: .white)).isEmpty)
    }
}
