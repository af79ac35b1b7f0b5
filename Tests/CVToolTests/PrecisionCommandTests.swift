import CVCore
import Foundation
import TestSupport
import Testing

/// `--precision`: what networks multiply.
@Suite struct PrecisionCommandTests {
    private func image(_ name: String) -> String { packageFolder.appending(path: "SampleImages/\(name)").path }

    private func record(_ arguments: [String]) throws -> JSONValue {
        let result = try runCommand(arguments)
        #expect(result.exitCode == 0, "\(arguments): \(result.errors)")
        return try #require(result.records.first)
    }

    @Test("cvtool detect, classify --precision bf16: other numbers than float32, the same results")
    func results() throws {
        let detect = ["detect", image("cat.jpg"), "--json", "--no-image", "--quiet"]
        let (exact, found) = (try record(detect), try record(detect + ["--precision", "bf16"]))
        let (cat, other) = (exact["detections"]?.array?.first, found["detections"]?.array?.first)
        #expect(cat?["label"] == "cat" && other?["label"] == "cat")
        let boxes = [cat, other].map { $0?["box"]?.array?.compactMap(\.double) ?? [] }
        #expect(boxes[0].count == 4 && boxes[0] != boxes[1])
        #expect(zip(boxes[0], boxes[1]).allSatisfy { abs($0 - $1) < 10 }, "\(boxes)")

        let classify = ["classify", image("coffee.jpg"), "--json", "--quiet", "--top", "1"]
        let classes = try [classify, classify + ["--precision", "bf16"]].map { try record($0)["classes"]?.array?.first }
        #expect(classes.allSatisfy { $0?["label"] == "espresso" })
        let probabilities = classes.compactMap { $0?["probability"]?.double }
        #expect(probabilities.count == 2 && probabilities[0] != probabilities[1])
        #expect(abs(probabilities[0] - probabilities[1]) < 0.05, "\(probabilities)")
    }

    @Test("cvtool benchmark: several networks, with several numbers of threads, in a precision")
    func benchmark() throws {
        let result = try runCommand([
            "benchmark", "resnet20", "lenet5", "--threads", "1,2", "--precision", "bf16", "--batch", "2", "--runs", "1",
            "--json",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        let all = try #require(try JSONValue.parse(result.output)["results"]?.array)
        #expect(all.map { $0["model"] } == ["resnet20", "resnet20", "lenet5", "lenet5"])
        #expect(all.map { $0["threads"] } == [1, 2, 1, 2])
        #expect(all.allSatisfy { $0["precision"] == "bf16" && $0["batch"] == 2 })
    }

    @Test("cvtool model --plan --precision bf16: says what multiplies it")
    func plan() throws {
        let plan = try runCommand(["model", "mobilenet_v1", "--plan", "--precision", "bf16"])
        #expect(plan.exitCode == 0 && plan.output.contains("direct, flat, bf16"), "\(plan.errors)")
        #expect(try !runCommand(["model", "mobilenet_v1", "--plan"]).output.contains("bf16"))
    }

    @Test(
        "--precision and --threads: wrong values are explained",
        arguments: [
            ["detect", "a.jpg", "--precision", "fp16"], ["benchmark", "lenet5", "--precision", ""],
            ["benchmark", "lenet5", "--threads", "1,,2"], ["benchmark", "lenet5", "--threads", "0,1"],
            ["benchmark", "lenet5", "--threads", "99999999999999999999"],
        ])
    func wrongValues(_ arguments: [String]) throws {
        let result = try runCommand(arguments)
        #expect(result.exitCode == 64 && result.errors.contains(arguments[2]), "\(result.errors)")
    }
}
