import CVCore
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights
import Foundation
import TestSupport
import Testing

/// Commands that go through many images work on one after the other, and keep nothing of those that are done.
///
/// The peak of 300 images is compared with that of 50: what is kept of each would be seen in the difference. The images
/// are of noise, 96×96, so an image kept by mistake is 27 KB, 250 of them are 6.9 MB.
@Suite(.serialized, .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status")))
struct MemoryTests {
    /// The kernels of a debug build are slow.
    #if DEBUG
    private static let (few, many) = (20, 60)
    #else
    private static let (few, many) = (50, 300)
    #endif

    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        var random = SplitMix64(seed: 1, stream: 0)
        let pixels = (0..<96 * 96 * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let image = Data(try Image(width: 96, height: 96, format: .rgb, pixels: pixels).encoded(as: .png()))
        let mask = Data(GrayPNG.encoded((0..<96 * 96).map { UInt8($0 / 96 % 2) }, width: 96, height: 96))
        try scratch.write("dark\nlight\n", to: "names.txt")
        try scratch.write("object\n", to: "object.txt")
        try scratch.write(image, to: "image.png")
        try scratch.write(mask, to: "mask.png")
        let portrait = try Image(contentsOf: DetectScratch.sample("portrait.jpg"))
        let face = portrait.cropped(x: 150, y: 40, width: 150, height: 150)
        try scratch.write(Data(face.encoded(as: .png())), to: "face.png")
        try writeNetworks()
    }

    /// Fills the folders that the arguments name, with links to the one image and the one mask.
    private func fill(_ arguments: [String], _ count: Int) throws {
        func link(_ file: String, _ folder: String, _ index: Int) throws {
            let path = "\(scratch.path)/\(folder)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try FileManager.default.linkItem(atPath: "\(scratch.path)/\(file).png", toPath: "\(path)/\(index).png")
        }
        for index in 0..<count {
            if arguments.contains("#") { try link("image", "\(count)", index) }
            if arguments.contains("faces#") { try link("face", "faces\(count)", index) }
            if arguments.contains("classes#") {
                try link("image", "classes\(count)/\(index % 2 == 0 ? "a" : "b")", index)
            }
            if arguments.contains("boxes#") {
                try link("image", "boxes\(count)", index)
                let edges = ["xmin", "ymin", "xmax", "ymax"].enumerated().map { "<\($1)>\(9 + $0 / 2 * 31)</\($1)>" }
                try scratch.write(
                    "<annotation><object><name>object</name><bndbox>\(edges.joined())</bndbox></object></annotation>",
                    to: "boxes\(count)/\(index).xml")
            }
            if arguments.contains("masks#") {
                try link("image", "masks\(count)/images", index)
                try link("mask", "masks\(count)/masks", index)
            }
        }
    }

    /// Small networks with random weights, one for each task.
    private func writeNetworks() throws {
        for (name, task, labels) in [
            ("resnet20", "classify", ["a", "b"]), ("unet-w4-d2-plain", "segment", ["dark", "light"]),
        ] {
            let spec = try ModelRegistry.spec(named: name)
            let parameters = ParameterSet.initialize(seed: 1) { spec.make(classes: 2, $0) }.parameters
            let metadata = WeightsMetadata(
                model: name, task: task, preprocessing: .init(width: 32, height: 32, resize: .stretch), labels: labels)
            try scratch.write(Data(parameters.safetensors(metadata: metadata.dictionary)), to: "\(task).safetensors")
        }
        let configuration = """
            [net]
            width=32
            height=32
            channels=3
            [convolutional]
            filters=18
            size=8
            stride=8
            pad=1
            activation=linear
            [yolo]
            mask=0,1,2
            anchors=4,4,8,8,16,16
            classes=1
            num=3

            """
        try scratch.write(configuration, to: "net.cfg")
        // The header, 18 biases, 18 × 3 × 8 × 8 weights.
        var bytes: [UInt8] = [0, 0, 0, 0, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 12)
        var random = SplitMix64(seed: 2, stream: 0)
        for _ in 0..<18 + 18 * 192 {
            withUnsafeBytes(of: (random.uniform() - 0.4).bitPattern.littleEndian) { bytes += $0 }
        }
        try scratch.write(Data(bytes), to: "net.weights")
    }

    @Test(
        "cvtool: memory does not grow with the number of images", .timeLimit(.minutes(10)),
        arguments: [
            ["detect", "#", "-m", "net.cfg", "-w", "net.weights", "-o", "o#", "--save-crop", "--coco", "o#/c.json"],
            ["detect", "#", "--classifier", "classify.safetensors", "--windows", "64", "-o", "o#"],
            ["classify", "#", "-w", "classify.safetensors", "--flip"],
            ["segment", "#", "-m", "segment.safetensors", "-o", "o#", "--palette", "--overlay"],
            ["explain", "#", "-w", "classify.safetensors", "-o", "o#"],
            ["activations", "#", "-w", "classify.safetensors", "--layer", "layer1", "--unit", "3", "-o", "o#.png"],
            ["stylize", "#", "--fast", "--style", "starry", "--size", "16", "-o", "o#"],
            ["faces", "detect", "faces#", "-o", "o#"],
            ["faces", "blur", "faces#", "-o", "o#"],
            // The sheet of a person shows up to 400 faces, and is an image of that size.
            ["faces", "cluster", "faces#", "-m", "sface", "--no-image"],
            ["faces", "enroll", "faces#", "-m", "sface", "--name", "Eileen", "--database", "o#.faces"],
            ["landmarks", "faces#", "-o", "o#"],
            ["landmarks", "faces#", "-w", "face-mesh-attention", "-o", "o#"],
            ["augment", "image.png", "--count", "#", "-o", "o#"],
            [
                "evaluate", "detect", "boxes#", "-m", "net.cfg", "-w", "net.weights", "--names", "object.txt",
                "--max-det", "3",
            ],
            ["dataset", "check", "boxes#"],
            // Images are drawn for each step, and not kept.
            ["train", "shapes", "grid", "--steps", "#", "--batch-size", "2", "-o", "o#"],
            ["evaluate", "segment", "masks#", "-w", "segment.safetensors", "--labels", "names.txt"],
        ])
    func memoryStaysFlat(_ arguments: [String]) throws {
        try check(arguments, few: Self.few, many: Self.many, allowed: 4)
    }

    /// The set is kept at the size of the network's input, 12 KB an image, and a few batches of 100 are made ahead: so that
    /// these are there in both runs, more images are compared. Kept at their own size, they would take 8 MB more.
    @Test("cvtool evaluate classify: images are not kept at their own size", .timeLimit(.minutes(10)))
    func memoryOfAnEvaluationStaysLow() throws {
        try check(["evaluate", "classify", "classes#", "-w", "classify.safetensors"], few: 300, many: 600, allowed: 6)
    }

    private func check(_ arguments: [String], few: Int, many: Int, allowed: Double) throws {
        for count in [few, many] { try fill(arguments, count) }
        let (before, after) = (try peak(arguments, few), try peak(arguments, many))
        #expect(
            after < before + allowed,
            "\(arguments.joined(separator: " ")): \(before) MB for \(few) images, \(after) MB for \(many)")
    }

    /// The peak of the resident memory in MB; "#" is the number of images.
    ///
    /// Read while the command runs, because what the system reports of one that has ended begins with the memory of this
    /// process.
    private func peak(_ arguments: [String], _ count: Int) throws -> Double {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try commandPath)
        process.arguments = arguments.map { $0.replacing("#", with: "\(count)") } + ["--threads", "2"]
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        var peak = 0
        while process.isRunning {
            let status =
                (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
            for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
                peak = max(peak, line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
            }
            usleep(1000)
        }
        // All images are the same, which `dataset check` finds.
        #expect(process.terminationStatus == (arguments.first == "dataset" ? 2 : 0))
        try #require(peak > 0)
        return Double(peak) / 1024
    }
}
