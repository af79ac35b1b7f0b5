import CVImage
import Foundation
import Testing

/// `cvtool detect --classifier`.
@Suite struct DetectWindowTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        let dog = try Image(contentsOf: DetectScratch.sample("retriever.jpg")).resized(width: 64, height: 64)
        var canvas = Image(width: 200, height: 120, fill: Color(128, 128, 128))
        canvas.paste(dog, x: 96, y: 32)
        try canvas.write(to: scratch.path + "/canvas.png")
    }

    @Test("cvtool detect --classifier: objects are listed and drawn as with a detector")
    func objectsAreListedAndDrawnAsWithADetector() throws {
        let result = try scratch.detect(
            "canvas.png", "--classifier", "resnet20-cifar10", "--windows", "64,500", "--classes", "dog", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        let found = try #require(try result.records.first?["detections"]?.array?.first)
        #expect(found["label"]?.string == "dog")
        let box = try #require(found["box"]?.numbers)
        #expect(zip(box, [96, 32, 160, 96]).allSatisfy { abs($0 - $1) <= 8 }, "\(box)")
        #expect(try scratch.image("canvas_detect.png") != scratch.image("canvas.png"))
        let cropped = try scratch.detect(
            "canvas.png", "--classifier", "resnet20-cifar10", "--windows", "64", "--classes", "dog", "--no-image",
            "--crop-windows", "--window-stride", "6", "--timing")
        #expect(cropped.exitCode == 0 && cropped.output.contains("canvas.png: dog "), "\(cropped.errors)")
        #expect(cropped.errors.contains("network "))
    }

    @Test(
        "cvtool detect --classifier: invalid windows give a message",
        arguments: [
            (["--windows", "64"], 64, "go with --classifier"),
            (["--classifier", "resnet20-cifar10", "--imgsz", "64"], 64, "--classifier goes without"),
            (["--classifier", "resnet20-cifar10", "--windows", "64,x"], 64, "sides from 1 to 65536"),
            (["--classifier", "resnet20-cifar10", "--window-stride", "0"], 64, "--window-stride 0"),
            (["--classifier", "resnet20-cifar10", "--window-stride", "3"], 1, "a multiple of it"),
            (["--classifier", "resnet20-cifar10", "--windows", "150"], 1, " of 200×120; choose smaller"),
            (["--classifier", "resnet20-cifar10", "--windows", "1"], 1, "at least 5 are possible"),
            (["--classifier", "yolov3-tiny"], 1, "a network for the task 'classify' is expected"),
        ])
    func whatCannotBeIsExplained(_ arguments: [String], _ code: Int32, _ message: String) throws {
        let result = try runCommand(["detect", "canvas.png", "--no-image"] + arguments, in: scratch.path)
        #expect(result.exitCode == code && result.output.isEmpty)
        #expect(result.errors.contains(message), "\(result.errors)")
    }
}
