import CVCore
import CVNN
import CVWeights
import TestSupport
import Testing

@Suite final class WeightsVerificationTests {
    let folder: String

    init() throws { folder = try temporaryFolder() }

    deinit { remove(folder) }

    private func verify(
        _ bytes: [UInt8], expectedShapes: WeightsVerification.ExpectedShapes? = nil
    ) throws -> WeightsVerification {
        let path = folder + "/x.safetensors"
        try FileOutput.write(bytes, to: path, overwrite: true)
        return try WeightsVerification(path: path, expectedShapes: expectedShapes)
    }

    private func shapes(_ metadata: WeightsMetadata, keys: [String]) -> [String: [Int]]? {
        metadata.model == "tiny" ? ["conv.weight": [2, 2], "conv.bias": [2]] : nil
    }

    @Test("weights verification: an intact file passes every check") func intactFilesPass() throws {
        let result = try verify(sampleWeights(), expectedShapes: shapes)
        #expect(result.isOK)
        #expect(result.checks.map(\.name) == ["structure", "checksum", "values", "metadata", "model"])
        for check in result.checks {
            if case .ok = check.outcome { continue }
            Issue.record("\(check)")
        }
        #expect(result.json["ok"] == true)
    }

    @Test("weights verification: checks are skipped without metadata") func checksAreSkippedWithoutMetadata() throws {
        let result = try verify(sampleWeights(metadata: nil), expectedShapes: shapes)
        #expect(result.isOK)
        let skipped = result.checks.filter { if case .skipped = $0.outcome { true } else { false } }
        #expect(skipped.map(\.name) == ["checksum", "metadata", "model"])
    }

    @Test("weights verification: every changed byte of the data is detected") func everyChangedBitOfTheDataIsFound()
        throws
    {
        let bytes = try sampleWeights()
        for position in try Safetensors(bytes).header.dataOffset..<bytes.count {
            var damaged = bytes
            damaged[position] ^= 0x10
            let result = try verify(damaged)
            #expect(result.problems.contains { $0.hasPrefix("SHA-256") }, "byte \(position)")
        }
    }

    @Test("weights verification: tensors with NaN are named") func namesNaNs() throws {
        let result = try verify(sampleWeights(values: [1, .nan, 3, 4]))
        #expect(result.problems == ["tensor \"conv.weight\" has 1 NaN value, the first at element 1"])
    }

    @Test("weights verification: a malformed file fails a check, a missing one throws")
    func malformedFilesFailAndMissingFilesThrow() throws {
        #expect(try verify([]).problems.first?.hasPrefix("has 0 bytes") == true)
        let missing = folder + "/none"
        #expect(throws: FileError(missing, .cannotOpen(reason: "No such file or directory"))) {
            try WeightsVerification(path: missing)
        }
    }

    @Test("weights verification: keys and shapes are compared with the model") func comparesKeysAndShapesWithTheModel()
        throws
    {
        let expected = ["conv.weight": [2, 3], "conv.beta": [2]]
        let result = try verify(sampleWeights(), expectedShapes: { _, _ in expected })
        #expect(
            result.problems == [
                "missing: \"conv.beta\"", "unexpected: \"conv.bias\"",
                "\"conv.weight\" has the shape [2, 2], expected [2, 3]",
            ])
        let unknown = try verify(sampleWeights(), expectedShapes: { _, _ in nil })
        #expect(unknown.checks.last?.outcome == .skipped("\"tiny\" is not a known model"))
    }

    @Test("weights inspection: parameters are counted and listed") func inspectionCountsParameters() throws {
        _ = try verify(sampleWeights())
        let inspection = try WeightsInspection(path: folder + "/x.safetensors")
        #expect(inspection.parameterCount == 6)
        #expect(
            inspection.json["tensors"]?.array?.first?.text
                == #"{"name":"conv.bias","dtype":"F32","shape":[2],"bytes":8}"#)
        #expect(inspection.json["metadata"]?["license"] == "MIT")
    }
}
