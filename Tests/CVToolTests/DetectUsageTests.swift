import CVCore
import CVNN
import CVWeights
import Foundation
import TestSupport
import Testing

/// The small darknet networks among the goldens of CVModels: a `.cfg` and a `.weights` of one name.
let packageFolderOfModels = packageFolder.appending(path: "Tests/CVModelsTests/Golden/darknet").path

/// Invalid arguments, and weights that do not fit.
@Suite struct DetectUsageTests {
    private static let cat = DetectScratch.sample("cat.jpg")

    private func run(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try runCommand(["detect", Self.cat, "--no-image"] + arguments, environment: environment)
    }

    @Test(
        "cvtool detect: wrong arguments exit with 64 and a message",
        arguments: [
            (["--conf", "1.5"], "--conf 1.5: a number from 0 to 1"),
            (["--conf", "nan"], "--conf nan: a number from 0 to 1"),
            (["--iou=-1"], "--iou -1: a number from 0 to 1"),
            (["--max-det", "0"], "--max-det 0: a number from 1"),
            (["--imgsz", "0"], "640x480 is expected"),
            (["--imgsz", "320x"], "640x480 is expected"),
            (["--imgsz", "99999"], "640x480 is expected"),
            (["--threads", "0"], "--threads 0: a number from 1 to 1024"),
            (["--line-width", "0"], "--line-width 0: a number from 1 to 500"),
            (["--quality", "101"], "--quality 101: a number from 1 to 100"),
            (["--max-pixels", "0"], "--max-pixels 0: a number from 1"),
            (["--save-conf"], "--save-conf goes with --save-txt"),
            (["--annotations", "a.json"], "--annotations goes with --coco FILE"),
            (["--coco", "-"], "--coco -: standard output holds the list"),
            (["-o", "-"], "-o -: standard output holds the list"),
            (["-o", "x.gif"], "-o x.gif: the suffix"),
            (["-o", "x.jpg", cat + "2"], "-o x.jpg: one file cannot hold the results of 2 inputs"),
            (["--model", "net.cfg"], "needs --weights FILE with its .weights"),
            (["--weights", "net.weights"], "needs --model FILE with its .cfg"),
            (["--names", "net.names"], "--names goes with a darknet --model FILE.cfg"),
            (["--cof", "0.5"], "Did you mean '--conf'?"),
            (["--classes", "cta"], "there is no class \"cta\"; did you mean \"cat\"?"),
            (["--classes", "elefant"], "did you mean \"elephant\"?"),
            (["--classes", "puppy"], "this network knows person, bicycle, car, "),
            (["--classes", "80"], "there is no class 80; this network's ids are 0 to 79"),
            (["--classes", "cat,,dog"], "a name is missing beside a comma"),
        ])
    func wrongUsageEndsWith64(arguments: [String], message: String) throws {
        let result = try run(arguments)
        #expect(result.exitCode == 64)
        #expect(result.output == "")
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test("cvtool: a missing input and an unknown command exit with 64")
    func noInputAndNoSuchCommandAreUsage() throws {
        #expect(try runCommand(["detect"]).exitCode == 64)
        let typo = try runCommand(["detetc", "x.jpg"])
        #expect(typo.exitCode == 64)
        #expect(typo.errors.contains("There is no command \"detetc\"; did you mean \"detect\"?"))
        for (words, message) in [
            (["help", "detct"], "There is no command \"detct\"; did you mean \"detect\"?"),
            (
                ["evaluate", "style"],
                "no subcommand \"style\"; there are classify, segment, landmarks, faces and detect."
            ),
            (["help", "evaluate", "clasify"], "has no subcommand \"clasify\"; did you mean \"classify\"?"),
            (["weights", "lst"], "cvtool weights has no subcommand \"lst\"; did you mean \"list\"?"),
            (["help", "detect", "x"], "cvtool detect has no subcommands, and so no \"x\"."),
        ] {
            let result = try runCommand(words)
            #expect(result.exitCode == 64 && result.output == "", "\(words)")
            #expect(result.errors.contains(message), "\(result.errors)")
        }
        for words in [["help"], ["help", "help"], ["help", "train", "segment"], ["train", "--help"]] {
            #expect(try runCommand(words).exitCode == 0, "\(words)")
        }
    }

    @Test("cvtool detect: weights of another format are named with what is read", arguments: ["onnx", "pt", "tflite"])
    func otherFormatsAreNamed(_ suffix: String) throws {
        let result = try run(["--model", "no.\(suffix)"])
        #expect(result.exitCode == 1)
        #expect(result.errors.contains("Weights are read from .safetensors files"), "\(result.errors)")
        #expect(result.errors.contains(".\(suffix) is neither"), "\(result.errors)")
        #expect(result.errors.contains("cvtool convert") == (suffix == "pt"))
        #expect(try !run(["--model", "yolov9"]).errors.contains("is neither"))
        let twice = try runCommand(["detect", Self.cat, Self.cat, "-o", "/nowhere/"])
        #expect(twice.exitCode == 64)
        #expect(twice.errors.contains("cat.jpg: is given twice"))
    }

    @Test("cvtool: help, version and completion scripts")
    func helpVersionAndCompletion() throws {
        for arguments in [["detect", "--help"], ["help", "detect"]] {
            let help = try runCommand(arguments)
            #expect(help.exitCode == 0)
            for text in ["EXAMPLES", "EXIT CODES", "(default: 0.25)", "--save-crop", "(default: ssd-mobilenetv2)"] {
                #expect(help.output.contains(text))
            }
            #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
        let help = try runCommand(["--help"])
        #expect(help.exitCode == 0 && help.output.contains("detect") && help.output.contains("weights"))
        #expect(try runCommand(["--version"]).lines.count == 1)
        for shell in ["bash", "zsh", "fish"] {
            let script = try runCommand(["--generate-completion-script", shell])
            #expect(script.exitCode == 0)
            #expect(script.output.contains("save-crop") && script.output.contains("detect"))
        }
    }

    @Test("cvtool detect: missing weights list every search path")
    func weightsThatAreNotFoundNameEverySearchPath() throws {
        let result = try run(["-m", "yolov3-tyni"], environment: ["CVTOOL_WEIGHTS": "/no/where:/else/where"])
        #expect(result.exitCode == 1)
        #expect(result.errors.contains("no weights \"yolov3-tyni\" were found; did you mean \"yolov3-tiny\"?"))
        for searchPath in WeightsLocator(environment: "/no/where:/else/where").searchPaths {
            #expect(result.errors.contains("  \(searchPath.path) (\(searchPath.origin))\n"))
        }
    }

    @Test("cvtool detect: the environment comes first in the search path of weights")
    func weightsComeFromTheEnvironmentFirst() throws {
        let scratch = try DetectScratch()
        try scratch.write("no weights", to: "ssd-mobilenetv2.safetensors")
        let result = try run([], environment: ["CVTOOL_WEIGHTS": scratch.path])
        #expect(result.exitCode == 1)
        #expect(result.errors.contains(scratch.path + "/ssd-mobilenetv2.safetensors: "))
    }

    @Test("cvtool detect: darknet .cfg and .weights")
    func darknetNetworksAreUsedDirectly() throws {
        let net = packageFolderOfModels + "/plain"
        let result = try run(["-m", net + ".cfg", "-w", net + ".weights"])
        #expect(result.exitCode == 0)
        #expect(result.output.contains("cat.jpg: class 0 82% at "))

        let other = try run(["-m", net + ".cfg", "-w", packageFolderOfModels + "/pools.weights"])
        #expect(other.exitCode == 1)
        let counts = #"pools\.weights: holds \d+ numbers, the \.cfg asks for \d+: "#
        #expect(other.errors.range(of: counts, options: .regularExpression) != nil)

        let scratch = try DetectScratch()
        try scratch.write("one\ntwo\n", to: "net.names")
        let names = try run(["-m", net + ".cfg", "-w", net + ".weights", "--names", scratch.path + "/net.names"])
        #expect(names.exitCode == 1)
        #expect(names.errors.contains("net.names: holds 2 names, the network has 3 classes"))
    }

    @Test("cvtool detect: weights of another network are an error that lists keys")
    func weightsOfAnotherNetworkAreComparedKeyByKey() throws {
        let scratch = try DetectScratch()
        let preprocessing = Preprocessing(width: 416, height: 416, resize: .letterbox)
        func write(_ name: String, model: String) throws -> String {
            let metadata = WeightsMetadata(
                model: model, task: "detect", preprocessing: preprocessing, labels: ["a", "b"], license: "MIT")
            let tensor = SafetensorsTensor("head1.bias", shape: [1], values: [0])
            let bytes = try Safetensors.encode([tensor], metadata: metadata.dictionary, hashData: true)
            try scratch.write(Data(bytes), to: name)
            return scratch.path + "/" + name
        }
        let keys = try run(["-m", write("keys.safetensors", model: "yolov3-tiny")])
        #expect(keys.exitCode == 1)
        #expect(keys.errors.contains("keys.safetensors: the weights are not those of this network"))
        #expect(keys.errors.contains("\"head1.bias\" has the shape [1], expected [21]") || keys.errors.contains("more"))
        let larger = try run(["-m", write("larger.safetensors", model: "yolov3")])
        #expect(larger.exitCode == 1)
        #expect(larger.errors.contains("larger.safetensors: the weights are not those of this network"))
        #expect(larger.errors.contains("\"darknet.conv1.bn.bias\""))
        let model = try run(["-m", write("model.safetensors", model: "resnet18")])
        #expect(model.exitCode == 1)
        let text = "resnet18 is a network for the task classify, not for detect: those are yolov3-tiny, yolov3"
        #expect(model.errors.contains("model.safetensors: " + text))
    }

    @Test("cvtool detect: damaged weights exit with 1 and one message")
    func damagedWeightsEndWith1AndOneMessage() throws {
        let scratch = try DetectScratch()
        func file(_ header: String, length: UInt64? = nil, data: Int = 4) -> Data {
            let count = length ?? UInt64(header.utf8.count)
            return Data(withUnsafeBytes(of: count.littleEndian) { Array($0) } + Array(header.utf8)) + Data(count: data)
        }
        func tensor(_ shape: String, _ offsets: String) -> String {
            #"{"a":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(offsets)}}"#
        }
        let cases: [(Data, String)] = [
            (Data(), "has 0 bytes"), (file("{}", length: 1 << 63), "at most 100000000 are allowed"),
            (file("{}", length: 5000), "the whole file has"), (file("hello"), "must begin with '{'"),
            (file(tensor("[1]", "[4,0]")), "end before they begin"),
            (file(tensor("[1]", "[-4,0]")), "must be two whole numbers"),
            (file(tensor("[4611686018427387904,8]", "[0,4]")), "does not fit 64 bits"),
            (file(tensor("[2]", "[0,4]")), "needs 8 bytes, but its data_offsets span 4"),
            (file(tensor("[1]", "[0,4]"), data: 9), "bytes are left over"),
            (Data([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9]), "is a Python pickle"),
        ]
        for (bytes, message) in cases {
            try scratch.write(bytes, to: "w.safetensors")
            let result = try run(["-m", scratch.path + "/w.safetensors"])
            #expect(result.exitCode == 1)
            #expect(result.errors.contains("w.safetensors: ") && result.errors.contains(message), "\(result.errors)")
            #expect(result.errors.hasPrefix("cvtool: ") && result.errors.split(separator: "\n").count == 1)
        }
    }
}
