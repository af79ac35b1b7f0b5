import CVCore
import Foundation
import TestSupport
import Testing

@Suite struct ModelCommandTests {
    private func model(_ arguments: String...) throws -> CommandResult { try runCommand(["model"] + arguments) }

    @Test("cvtool model: one line for each operation, then the sums")
    func theTableHasALineForEachOperationAndTheSums() throws {
        let result = try model("lenet5")
        #expect(result.exitCode == 0 && result.errors.isEmpty)
        #expect(result.lines[0] == "lenet5: LeNet-5 with tanh (LeCun et al. 1998)")
        #expect(result.lines[1] == "10 classes, images of 1×28×28")
        let words = result.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(words.contains(["conv2", "conv2d", "16×10×10", "2,416", "240,000"]))
        #expect(words.contains(["averagePool2d", "16×5×5", ".", "."]))
        #expect(words.contains(["parameters", "61,706", "(246.8", "kB)"]))
        #expect(words.contains(["multiply-adds", "416,520", "(416.52", "k)"]))
    }

    @Test("cvtool model: JSON for another size and number of classes")
    func jsonHasTheSameNumbersForAnotherSize() throws {
        let record = try #require(try model("resnet20", "--imgsz", "64x32", "--classes", "3", "--json").records.first)
        #expect(record["input"]?.numbers == [3, 32, 64] && record["classes"]?.integer == 3)
        #expect(record["parameters"]?.integer == 269_722 - 7 * 65)
        // Each convolution has twice the positions; the linear layer is the same for fewer classes.
        #expect(record["multiply_adds"]?.integer == 2 * (40_551_040 - 640) + 192)
        let layers = try #require(record["layers"]?.array)
        #expect(layers[0]["layer"]?.string == "conv1" && layers[0]["shape"]?.numbers == [16, 32, 64])
        let sum = layers.reduce(0) { $0 + ($1["multiply_adds"]?.integer ?? 0) }
        #expect(sum == record["multiply_adds"]?.integer)
    }

    @Test("cvtool model: weights state their classes and input size")
    func weightsTellTheirClassesAndSize() throws {
        for name in ["resnet20-cifar10", packageFolder.appending(path: "Weights/resnet20-cifar10.safetensors").path] {
            let record = try #require(try model(name, "--json").records.first)
            #expect(record["model"]?.string == "resnet20" && record["parameters"]?.integer == 269_722)
            #expect(record["input"]?.numbers == [3, 32, 32] && record["multiply_adds"]?.integer == 40_551_040)
        }
    }

    @Test("cvtool model: the short names of weights are known") func shortNamesAreKnown() throws {
        let (short, long) = (try runCommand(["model", "camvid"]), try runCommand(["model", "unet-camvid"]))
        #expect(short.exitCode == 0 && short.output == long.output && short.output.contains("11 classes"))
        #expect(try runCommand(["model", "person"]).output.hasPrefix("selfie-segmentation"))
    }

    @Test("cvtool model: a style network has no classes")
    func aStyleNetworkHasNoClasses() throws {
        let result = try model("fast-style-w16", "--imgsz", "24x16")
        #expect(result.exitCode == 0 && result.errors.isEmpty)
        #expect(result.lines[0].hasPrefix("fast-style-w16: stylizes") && result.lines[1] == "images of 3×16×24")
        let words = result.lines.map { $0.split(separator: " ").map(String.init) }
        // 9 · 9 · 3 weights and a bias for each channel.
        #expect(words.contains(["conv1.conv2d", "conv2d", "16×16×24", "3,904", "1,492,992"]))
        let record = try #require(try model("fast-style", "--json").records.first)
        #expect(record["classes"] == .null && record["input"]?.numbers == [3, 256, 256])
    }

    /// With weights and arithmetic it would take from gigabytes to hundreds of terabytes.
    @Test(
        "cvtool model: large sizes need little memory",
        arguments: [
            (["unet", "--classes", "100000"], ["out", "conv2d", "100000×256×256", "6,500,000", "419,430,400,000"]),
            (["resnet50", "--imgsz", "4096"], ["conv1", "conv2d", "64×2048×2048", "9,408", "39,460,012,032"]),
            (
                ["logistic", "--classes", "100000", "--imgsz", "4096", "--channels", "64"],
                ["fc", "linear", "100000", "107,374,182,500,000", "107,374,182,400,000"]
            ),
            (["vgg19", "--imgsz", "4096", "--classes", "100000"], []),
        ])
    func anySizeTakesLittleMemory(_ arguments: [String], _ row: [String]) throws {
        let line = "ulimit -d 400000; exec \"$CVTOOL\" model " + arguments.joined(separator: " ")
        let result = try runShell(line, in: packageFolder.path)
        #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
        let words = result.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(row.isEmpty || words.contains(row), "\(result.output)")
    }

    @Test("cvtool model: the list has parameters and paper of each network")
    func theListNamesEachNetworkWithItsParametersAndPaper() throws {
        let result = try model()
        #expect(result.exitCode == 0)
        let line = try #require(result.lines.first { $0.hasPrefix("vgg16 ") })
        #expect(line.contains("138,357,544") && line.hasSuffix("arXiv:1409.1556)") && line.contains("3×224×224"))
        for name in ["unet", "yolov3-tiny", "yolov3", "fast-style", "selfie-segmentation"] {
            #expect(result.lines.contains { $0.hasPrefix(name + " ") })
        }
        #expect(try model("--list").output == result.output)
        #expect(try model("--json").records.count == result.lines.count - 1)
    }

    @Test(
        "cvtool model: invalid arguments give a message",
        arguments: [
            (["resnet-50"], 1, "there is no network \"resnet-50\": did you mean resnet50?"),
            (["nowhere/x.safetensors"], 1, "there is no weight file at this path"),
            (["yolov3-tiny", "--imgsz", "100"], 1, "multiples of 32"),
            (["unet", "--classes", "100001"], 1, "1 to 100000"),
            (["lenet5", "--imgsz", "20"], 1, "sides of 28 to 4096"), (["lenet5", "--classes", "0"], 1, "1 to 100000"),
            (["fast-style", "--classes", "2"], 1, "2 classes: only 1 is possible"),
            (["fast-style", "--channels", "1"], 1, "1 channel: only 3 is possible"),
            (["fast-style", "--imgsz", "4"], 1, "sides of 5 to 4096"),
            (["fast-style-w0"], 1, "did you mean fast-style?"),
            (["resnet18", "--channels", "0"], 1, "1 to 64"), (["resnet18", "--imgsz", "0"], 64, "each from 1 to 4096"),
            (["resnet18", "--list"], 64, "--list"), (["--classes", "3"], 64, "go with the name"),
        ])
    func whatCannotBeIsAnError(_ arguments: [String], _ code: Int32, _ message: String) throws {
        let result = try runCommand(["model"] + arguments)
        #expect(result.exitCode == code && result.output.isEmpty)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test("cvtool model: a thousand has its prefix") func aThousandHasItsPrefix() throws {
        let result = try model("logistic", "--imgsz", "10", "--channels", "1", "--classes", "10")
        #expect(result.lines.contains("multiply-adds  1,000 (1.00 k)"), "\(result.lines)")
    }
}
