import CVCore
import Foundation
import Testing

/// How commands end: full disks, readers that leave, signals, limits of the system.
@Suite struct EndingTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "x.jpg")
    }

    @Test(
        "cvtool: a full standard output is a failure",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")),
        arguments: [
            "--help", "help detect", "--version", "--generate-completion-script bash", "weights list",
            "weights list --json",
            "weights inspect resnet20-cifar10", "weights verify resnet20-cifar10", "model", "model --json",
            "model lenet5",
            "classify x.jpg -m resnet20-cifar10", "filter x.jpg -k blur", "activations --list -m resnet20-cifar10",
            "explain x.jpg -m resnet20-cifar10", "augment x.jpg --count 1", "stylize --fast --style list",
        ])
    func aFullStandardOutputIsAFailure(_ arguments: String) throws {
        let result = try runShell("\"$CVTOOL\" \(arguments) >/dev/full", in: scratch.path)
        #expect(result.exitCode == 1)
        #expect(
            result.errors.hasSuffix("cvtool: standard output: cannot be written: No space left on device\n"),
            "\(result.errors)")
    }

    @Test(
        "cvtool: a full standard output is a failure of a training, whose weights are kept",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func aTrainingReportsAFullStandardOutput() throws {
        let folder = try TrainScratch(images: 6)
        for (arguments, file) in [
            ("train classify shapes --model logistic --epochs 1", "run/last.safetensors"),
            ("tune classify shapes --model logistic --epochs 1 --trials 1 --holdout 0.5 --csv t.csv", "t.csv"),
        ] {
            let result = try runShell("\"$CVTOOL\" \(arguments) -q >/dev/full", in: folder.path)
            #expect(result.exitCode == 1)
            #expect(result.errors == "cvtool: standard output: cannot be written: No space left on device\n")
            #expect(try !folder.scratch.bytes(file).isEmpty)
        }
    }

    @Test("cvtool: a reader that leaves is no failure", arguments: ["weights list", "model --json", "help detect"])
    func aReaderThatLeavesIsNoFailure(_ arguments: String) throws {
        let result = try runShell(
            "{ sleep 0.2; \"$CVTOOL\" \(arguments); echo $? >&2; } | true", in: scratch.path)
        #expect(result.errors == "0\n")
    }

    @Test("cvtool: a limit of the size of files is an error, and leaves nothing behind")
    func aFileThatGrowsBeyondTheLimitIsAnError() throws {
        let result = try runShell("ulimit -f 8; \"$CVTOOL\" filter x.jpg -k blur -o big.png", in: scratch.path)
        #expect(result.exitCode == 1)
        #expect(result.errors == "cvtool: big.png: cannot be written: File too large\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["x.jpg"])
    }

    @Test("cvtool: a pipe as output whose reader leaves is an error")
    func aPipeWhoseReaderLeavesIsAnError() throws {
        let result = try runShell(
            "mkfifo p.png; { head -c 10 p.png >/dev/null & }; \"$CVTOOL\" filter x.jpg -k blur -o p.png",
            in: scratch.path)
        #expect(result.exitCode == 1)
        #expect(result.errors == "cvtool: p.png: cannot be written: Broken pipe\n")
    }

    @Test("cvtool: names of outputs may be as long as the system allows")
    func namesMayBeAsLongAsTheSystemAllows() throws {
        let longest = String(repeating: "n", count: 251) + ".png"
        #expect(try runCommand(["filter", "x.jpg", "-k", "blur", "-o", longest], in: scratch.path).exitCode == 0)
        let tooLong = try runCommand(["explain", "x.jpg", "-o", "n" + longest], in: scratch.path)
        #expect(tooLong.exitCode == 1 && tooLong.errors.hasSuffix("cannot be written: File name too long\n"))
        #expect(try scratch.names() == [longest, "x.jpg"])
    }

    @Test("cvtool: escape sequences in names and labels are shown, not obeyed")
    func escapeSequencesAreShown() throws {
        let name = "a\u{1B}[31m.jpg"
        try scratch.put("cat.jpg", as: name)
        let result = try runCommand(["detect", name, "missing\u{1B}[2J.jpg", "--conf", "0.4"], in: scratch.path)
        #expect(result.exitCode == 2 && result.output.contains("a\\u{1b}[31m.jpg: cat"), "\(result.output)")
        let usage = try runCommand(["detect", "--conf", "\u{1B}[31m", "x.jpg"], in: scratch.path)
        for text in [result.output, result.errors, usage.errors] {
            #expect(!text.unicodeScalars.contains("\u{1B}") && text.contains("\\u{1b}["), "\(text)")
        }
    }

    /// Under this limit a library that starts threads with stacks of its own waits for ever.
    @Test("cvtool: little memory for addresses does not keep a command from ending")
    func littleMemoryIsNoReasonToWait() throws {
        let result = try runShell(
            "ulimit -v 400000; exec timeout 60 \"$CVTOOL\" weights inspect resnet20-cifar10", in: scratch.path)
        #expect(result.exitCode == 0 && result.output.contains("resnet20"), "\(result.errors)")
    }

    @Test("cvtool: the program needs OpenBLAS only where it uses it")
    func theProgramIsNotLinkedWithOpenBLAS() throws {
        let program = try Data(contentsOf: URL(fileURLWithPath: commandPath))
        // As the name of a symbol, which a call of a linked function needs.
        #expect(program.range(of: Data([0] + Array("cblas_sgemm@".utf8))) == nil)
        let libraries = try runShell("ldd \"$CVTOOL\" || true", in: scratch.path)
        #expect(!libraries.output.contains("openblas"))
    }

    @Test(
        "cvtool train: SIGTERM and SIGHUP keep what Ctrl-C keeps",
        arguments: [("TERM", 143), ("HUP", 129)] as [(String, Int32)])
    func aSignalKeepsTheCheckpoint(_ signal: String, _ status: Int32) throws {
        let folder = try TrainScratch()
        let options =
            "train classify shapes --model resnet20 --imgsz 16 --epochs 40 --batch-size 8 --learning-rate 0.01"
        let result = try runShell(
            """
            "$CVTOOL" \(options) 2>err & pid=$!
            until [ -s run/log.csv ]; do sleep 0.05; done
            kill -\(signal) $pid; wait $pid
            """, in: folder.path)
        #expect(result.exitCode == status)
        #expect(try folder.scratch.text("err").contains("saved; the same command with --resume continues"))
        #expect(try !folder.scratch.bytes("run/checkpoint.safetensors").isEmpty)
        #expect(try folder.scratch.names(in: "run").allSatisfy { !$0.hasPrefix(".") })
    }
}
