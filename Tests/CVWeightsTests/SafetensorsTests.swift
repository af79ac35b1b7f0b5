import CVCore
import CVNN
import CVWeights
import Foundation
import TestSupport
import Testing

/// Reading and writing, compared with files of the reference library (`Tools/golden.py weight-files`).
@Suite struct SafetensorsTests {
    @Test("safetensors: every floating-point type is read") func readsEveryFloatType() throws {
        let file = try Safetensors(path: goldenPath("types.safetensors"))
        let ramp = (0..<12).map { Double($0 - 6) / 7 }
        #expect(try file.floats("f64") == ramp.map { Float($0) })
        #expect(try file.floats("f32") == ramp.map { Float($0) })
        // Rounded to 10 and 7 bits of mantissa by PyTorch.
        for (name, bits) in [("f16", 11), ("bf16", 8)] {
            for (found, expected) in zip(try file.floats(name), ramp) {
                let step =
                    expected == 0 ? 0 : Double(sign: .plus, exponent: expected.exponent - bits + 1, significand: 1)
                #expect(abs(Double(found) - expected) <= step / 2, "\(name) \(expected)")
            }
        }
        #expect(try file.entry("f16").shape == [3, 4])
        #expect(try file.entry("scalar").shape == [])
        #expect(try file.floats("scalar") == [2.5])
        #expect(try file.entry("empty").shape == [0, 3])
        #expect(try file.floats("empty") == [])
        #expect(file.metadata == ["note": "line\n\"quoted\" é"])
        #expect(file.nonFiniteTensors().isEmpty)
    }

    @Test("safetensors: other types are read as bytes only") func readsOtherTypesAsBytesOnly() throws {
        let path = goldenPath("types.safetensors")
        let file = try Safetensors(path: path)
        #expect(file.withBytes(of: try file.entry("odd")) { Array($0) } == [0, 1, 2, 3, 4])
        #expect(file.withBytes(of: try file.entry("flag")) { Array($0) } == [1, 0])
        #expect(throws: SafetensorsError(.notFloats(tensor: "count", dtype: .i64), in: path)) {
            try file.floats("count")
        }
        #expect(throws: SafetensorsError(.noTensor("scaler", nearest: "scalar"), in: path)) {
            try file.floats("scaler")
        }
    }

    private var sample: [SafetensorsTensor] {
        let values = (0..<24).map { Float(Double($0 * 37 % 101 - 50) / 9) }
        return [
            SafetensorsTensor("scalar", shape: [], values: [-0.125]),
            SafetensorsTensor("a/b é", shape: [7], values: Array(values[..<7]), storage: .bf16),
            SafetensorsTensor("layer.bias", shape: [5], values: Array(values[..<5]), storage: .f16),
            SafetensorsTensor("none", shape: [2, 0], values: []),
            SafetensorsTensor("layer.weight", shape: [2, 3, 2, 2], values: values),
        ]
    }

    /// Set `CVTOOLKIT_WRITE_SAMPLE` to a path to check the file with `Tools/golden.py check-weight-file`.
    @Test("safetensors: written bytes equal those of the reference library") func writesTheBytesOfTheReferenceLibrary()
        throws
    {
        let bytes = try Safetensors.encode(sample, metadata: ["format": "pt"])
        #expect(try bytes == FileInput.read(goldenPath("sample.safetensors")))
        #expect(try bytes == Safetensors.encode(sample.reversed(), metadata: ["format": "pt"]))
        if let path = ProcessInfo.processInfo.environment["CVTOOLKIT_WRITE_SAMPLE"] {
            try FileOutput.write(bytes, to: path, overwrite: true)
        }
    }

    @Test("safetensors: a round trip preserves tensors and metadata") func readsBackWhatItWrites() throws {
        let metadata = ["b": "2", "a": "\"\\\n\u{1}é😀", "": ""]
        let file = try Safetensors(Safetensors.encode(sample, metadata: metadata, hashData: true))
        for tensor in sample {
            let entry = try file.entry(tensor.name)
            #expect(entry.shape == tensor.shape)
            #expect(entry.dtype == tensor.storage.dtype)
            let tolerance: Float = tensor.storage == .f32 ? 0 : tensor.storage == .f16 ? 0x1p-11 : 0x1p-8
            for (found, written) in zip(try file.floats(tensor.name), tensor.values) {
                #expect(abs(found - written) <= tolerance * abs(written))
            }
        }
        #expect(file.metadata.filter { $0.key != "data_sha256" } == metadata)
        #expect(file.metadata["data_sha256"] == file.dataSHA256())
        #expect(file.header.dataOffset % 8 == 0)
    }

    @Test("safetensors: a file without tensors is valid") func emptyFilesAreValid() throws {
        #expect(try Safetensors(safetensors(header: "{}")).header.entries == [])
        #expect(try Safetensors(Safetensors.encode([])).header.entries == [])
        #expect(try Safetensors(safetensors(header: "{}      ")).header.entries == [])
    }

    @Test("safetensors: unaligned tensors are read") func readsUnalignedTensors() throws {
        let header = """
            {"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"h":{"dtype":"F16","shape":[1],"data_offsets":[5,7]},\
            "a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"d":{"dtype":"F64","shape":[1],"data_offsets":[7,15]}}
            """
        let data: [UInt8] = [9, 0, 0, 0x80, 0x3F, 0, 0x3C] + [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
        let file = try Safetensors(safetensors(header: header, data: data))
        for name in ["b", "h", "d"] { #expect(try file.floats(name) == [1], "\(name)") }
        #expect(file.header.entries.map(\.name) == ["a", "b", "h", "d"])
    }

    @Test("safetensors: tensors with NaN and infinity are found") func namesTensorsWithNaNAndInfinity() throws {
        for storage in SafetensorsTensor.Storage.allCases {
            let bytes = try Safetensors.encode([
                SafetensorsTensor("good", shape: [2], values: [-1, 65504], storage: storage),
                SafetensorsTensor("bad", shape: [5], values: [0, .infinity, .nan, -.infinity, 1], storage: storage),
                SafetensorsTensor("nan", shape: [1], values: [-.nan], storage: storage),
            ])
            let file = try Safetensors(bytes)
            let found = file.nonFiniteTensors().sorted { $0.name < $1.name }
            #expect(found.map(\.name) == ["bad", "nan"])
            #expect(found.map(\.nanCount) == [1, 1])
            #expect(found.map(\.infinityCount) == [2, 0])
            #expect(found.map(\.firstIndex) == [1, 0])
            #expect(throws: SafetensorsError(.nonFinite(file.nonFiniteTensors()))) { try file.checkFinite() }
        }
        let double = safetensors(
            header: #"{"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#, data: [0, 0, 0, 0, 0, 0, 0xF0, 0xFF])
        #expect(
            try Safetensors(double).nonFiniteTensors().map(\.description)
                == ["tensor \"d\" has 1 infinite value, the first at element 0"])
    }

    @Test("safetensors: invalid names and F16 overflow are rejected on writing") func rejectsInvalidTensorsOnWriting() {
        let one = SafetensorsTensor("a", shape: [1], values: [1])
        #expect(throws: SafetensorsError(.nameTakenTwice("a"))) { try Safetensors.encode([one, one]) }
        #expect(throws: SafetensorsError(.reservedName("__metadata__"))) {
            try Safetensors.encode([SafetensorsTensor("__metadata__", shape: [1], values: [1])])
        }
        #expect(throws: SafetensorsError(.tooLargeForF16(tensor: "b", index: 1, value: -65520))) {
            try Safetensors.encode([SafetensorsTensor("b", shape: [2], values: [65519, -65520], storage: .f16)])
        }
    }
}
