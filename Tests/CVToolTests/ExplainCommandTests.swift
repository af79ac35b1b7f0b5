import CVImage
import Foundation
import Testing

/// `cvtool explain` and `cvtool activations`, run as programs.
@Suite struct ExplainCommandTests {
    private let scratch: DetectScratch

    init() throws { scratch = try DetectScratch() }

    @Test("cvtool explain: the copy of a tiny image is upsampled by a whole factor, with the map at the same place")
    func tinyImagesAreUpsampled() throws {
        let cat = try Image(contentsOf: DetectScratch.sample("cat.jpg"))
        try cat.resized(width: 32, height: 24).write(to: scratch.path + "/tiny.png")
        try cat.resized(width: 200, height: 150).write(to: scratch.path + "/small.png")
        let result = try runCommand(
            ["explain", "tiny.png", "small.png", "-m", "resnet20-cifar10", "--json"], in: scratch.path)
        #expect(result.exitCode == 0, "\(result.errors)")
        // The record is of the input.
        #expect(try result.records.first?["width"] == 32)
        let tiny = try scratch.image("tiny_explain.png")
        #expect(tiny.width == 320 && tiny.height == 240)
        let small = try scratch.image("small_explain.png")
        #expect(small.width == 200 && small.height == 150)
    }

    @Test("cvtool activations --list: blocks are listed after their layers, and can be used")
    func blocksAreListed() throws {
        let list = try runCommand(["activations", "--list"])
        let row = try #require(list.lines.first { $0.hasPrefix("_blocks.5 ") })
        #expect(row.contains("block"))
        let names = list.lines.compactMap { $0.split(separator: " ").first.map(String.init) }
        let last = try #require(names.lastIndex { $0.hasPrefix("_blocks.5.") })
        #expect(names[last + 1] == "_blocks.5")
        let rows = try runCommand(["activations", "--list", "-m", "resnet20-cifar10"]).lines
        #expect(rows.contains { $0.hasPrefix("layer1 ") } && rows.contains { $0.hasPrefix("layer1.0 ") })
    }
}
