import CVCore
import CVWeights
import TestSupport
import Testing

@Suite struct NegativeVarianceTests {
    private func file(_ tensors: [String: [Float]]) throws -> Safetensors {
        try Safetensors(
            Safetensors.encode(
                tensors.sorted { $0.key < $1.key }.map { SafetensorsTensor($0, shape: [$1.count], values: $1) },
                metadata: [:]))
    }

    @Test("weights: negative variances are named") func negativeVariancesAreNamed() throws {
        let bad = try file([
            "bn.running_var": [1, -0.5, 0, -2], "running_var": [-1], "bn.running_mean": [-1], "var": [-1],
            "my_running_var": [-1], "ok.running_var": [0, 1],
        ])
        #expect(
            bad.negativeVariances().sorted { $0.name < $1.name }.map(\.description) == [
                "tensor \"bn.running_var\" has 2 negative variances, the first at element 1: -0.5",
                "tensor \"running_var\" has 1 negative variance, the first at element 0: -1.0",
            ])
        #expect(throws: SafetensorsError(.negativeVariance(bad.negativeVariances()))) { try bad.checkValues() }
        try file(["bn.running_var": [0, 1]]).checkValues()
    }

    @Test("weights verify: a negative variance is a problem of the values") func verificationFindsThem() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/w.safetensors"
        let tensor = SafetensorsTensor("bn.running_var", shape: [2], values: [1, -1])
        try FileOutput.write(Safetensors.encode([tensor], metadata: [:]), to: path)
        let result = try WeightsVerification(path: path)
        #expect(!result.isOK && result.problems.contains { $0.contains("\"bn.running_var\"") })
    }

    /// Networks compute with 32-bit floats.
    @Test("weights: 64-bit values that overflow 32 bits count as infinite") func largeDoublesAreInfinite() throws {
        func bytes(_ value: Double) -> [UInt8] {
            let header = Array(#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#.utf8)
            return little(UInt64(header.count)) + header + little(value.bitPattern)
        }
        #expect(try Safetensors(bytes(1e39)).nonFiniteTensors().map(\.infinityCount) == [1])
        #expect(try Safetensors(bytes(-0x1.ffffffp127)).nonFiniteTensors().map(\.infinityCount) == [1])
        #expect(try Safetensors(bytes((0x1.ffffffp127).nextDown)).nonFiniteTensors().isEmpty)
    }
}
