import Foundation
import Testing

/// Numbers that ask for more memory than there is are errors with the need and the limit, before anything is allocated.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/statm"))) struct MemoryLimitTests {
    /// All of them fit in no memory, or in none of the given address space, in kilobytes.
    @Test(
        "cvtool: sizes beyond the memory are errors that name it",
        arguments: [
            (nil, "benchmark --train resnet50 --batch-size 4096", "training resnet50 with 4096 images of 3×224×224"),
            (nil, "benchmark --train unet --batch-size 4096", "training unet-plain with 4096 images of 3×256×256"),
            (3_000_000, "benchmark --style 1024", "style transfer at 1024×1024"),
            (3_000_000, "benchmark --faces 100000000", "an index of 100000000 faces"),
            (1_000_000, "benchmark --imgsz 4096", "ssd-mobilenetv2 for an image of 4096×4096"),
            (1_500_000, "benchmark --model vgg16 --imgsz 2048", "vgg16 for 1 image of 3×2048×2048"),
            (1_000_000, "detect x.jpg --imgsz 4096 --no-image", "ssd-mobilenetv2 for an image of 4096×4096"),
        ] as [(Int?, String, String)])
    func sizesBeyondTheMemoryAreErrors(_ limit: Int?, _ arguments: String, _ subject: String) throws {
        let scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "x.jpg")
        let line = (limit.map { "ulimit -v \($0); " } ?? "") + "exec timeout 60 \"$CVTOOL\" \(arguments)"
        let result = try runShell(line, in: scratch.path)
        #expect(result.exitCode == 1, "\(result.errors)")
        let last = result.errors.split(separator: "\n").last.map(String.init) ?? ""
        #expect(last.hasPrefix("cvtool: \(subject)") && last.contains("of memory, and"), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test("cvtool train: a batch beyond the memory is an error", arguments: ["classify", "tune"])
    func aBatchBeyondTheMemoryIsAnError(_ command: String) throws {
        let folder = try TrainScratch(images: 50)
        let words = command == "tune" ? "tune classify" : "train classify"
        let result = try runShell(
            "ulimit -v 6000000; exec timeout 120 \"$CVTOOL\" \(words) shapes --model vgg16 --imgsz 256 --batch-size 65536",
            in: folder.path)
        #expect(result.exitCode == 1)
        #expect(
            result.errors.contains("cvtool: training vgg16 with 1")
                && result.errors.contains(" images of 3×256×256 at a time needs about "), "\(result.errors)")
    }
}
