import CVCore
import CVNN
import CVWeights
import TestSupport
import Testing

/// Violations of every rule of the format: the error names the rule, the tensor and the numbers.
@Suite struct MalformedSafetensorsTests {
    private func expect(
        _ problem: SafetensorsError.Problem, _ bytes: [UInt8], location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: SafetensorsError(problem), sourceLocation: location) { try Safetensors(bytes) }
    }

    /// A header of tensors `a`, `b`, … each given as the text of its description.
    private func header(_ descriptions: String...) -> String {
        let names = ["a", "b", "c"]
        return "{" + zip(names, descriptions).map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    private func tensor(_ offsets: String, shape: String = "[2]", dtype: String = "F32") -> String {
        #"{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    private let eight = [UInt8](repeating: 0, count: 8)

    @Test("malformed safetensors: the length of the header is checked") func headerLengthIsChecked() {
        expect(.tooShort(bytes: 0), [])
        expect(.tooShort(bytes: 7), [UInt8](repeating: 0, count: 7))
        expect(.headerBeyondFile(length: 3, fileBytes: 10), safetensors(header: "{}", length: 3))
        expect(.headerTooLong(length: 100_000_001), safetensors(header: "{}", length: 100_000_001))
        expect(.headerTooLong(length: .max), safetensors(header: "{}", length: .max))
        expect(.headerTooLong(length: 1 << 63), safetensors(header: "{}", length: 1 << 63))
        expect(.headerNotObject(found: nil), safetensors(header: ""))
    }

    @Test("malformed safetensors: the header must be a JSON object") func headerMustBeAJSONObject() {
        expect(.headerNotObject(found: UInt8(ascii: "[")), safetensors(header: "[]"))
        expect(.headerNotObject(found: UInt8(ascii: " ")), safetensors(header: " {}"))
        expect(
            .headerNotJSON(JSONError(.unexpected(found: nil, expected: "',' or '}'"), at: 6)),
            safetensors(header: #"{"a":1"#))
        expect(.headerNotJSON(JSONError(.duplicateKey("a"), at: 8)), safetensors(header: #"{"a":{},"a":{}}"#))
        expect(
            .headerNotJSON(JSONError(.duplicateKey("shape"), at: 17)),
            safetensors(header: #"{"a":{"shape":[],"shape":[]}}"#))
        expect(
            .headerNotJSON(JSONError(.unexpected(found: 0, expected: "the end"), at: 2)), safetensors(header: "{}\0"))
        expect(
            .headerNotJSON(JSONError(.tooDeep(limit: 64), at: 5 + 64)),
            safetensors(header: "{\"a\":" + String(repeating: "[", count: 100_000)))
    }

    @Test("malformed safetensors: metadata holds strings only") func metadataHoldsStringsOnly() {
        expect(.metadataNotText(key: nil, found: "an array"), safetensors(header: #"{"__metadata__":[]}"#))
        expect(.metadataNotText(key: "k", found: "a number"), safetensors(header: #"{"__metadata__":{"k":1}}"#))
        expect(.metadataNotText(key: "k", found: "null"), safetensors(header: #"{"__metadata__":{"k":null}}"#))
    }

    @Test("malformed safetensors: the description of every tensor is checked") func tensorDescriptionsAreChecked() {
        expect(.notDescribed(tensor: "a", found: "a number"), safetensors(header: header("1")))
        let sizes = "an array of whole numbers from 0 to 2^63 - 1"
        let offsets = "two whole numbers from 0 to 2^63 - 1"
        for shape in ["[-1]", "[1.5]", "[1e3]", #"["2"]"#, "2", "null", "[9223372036854775808]"] {
            let found =
                shape == "[1e3]" ? "[1000.0]" : shape == "[9223372036854775808]" ? "[9.223372036854776e+18]" : shape
            expect(
                .badField(tensor: "a", field: "shape", expected: sizes, found: found),
                safetensors(header: header(tensor("[0,8]", shape: shape)), data: eight))
        }
        for pair in ["[0]", "[0,4,8]", "[-8,0]", "[0,8.5]", "{}", "[0,null]"] {
            expect(
                .badField(tensor: "a", field: "data_offsets", expected: offsets, found: pair),
                safetensors(header: header(tensor(pair)), data: eight))
        }
        expect(
            .badField(tensor: "a", field: "shape", expected: sizes, found: "missing"),
            safetensors(header: header(#"{"dtype":"F32","data_offsets":[0,0]}"#)))
    }

    @Test("malformed safetensors: only types of the format are accepted") func typesAreChecked() throws {
        for (dtype, found) in [("F33", "\"F33\""), ("f32", "\"f32\""), ("", "\"\"")] {
            let all = SafetensorsDType.allCases.map(\.rawValue).joined(separator: ", ")
            expect(
                .badField(tensor: "a", field: "dtype", expected: "one of \(all)", found: found),
                safetensors(header: header(tensor("[0,8]", dtype: dtype)), data: eight))
        }
        for dtype in ["F4", "F6_E2M3", "F6_E3M2"] {
            expect(
                .unsupportedDType(tensor: "a", dtype: dtype),
                safetensors(header: header(tensor("[0,8]", dtype: dtype)), data: eight))
        }
        for dtype in SafetensorsDType.allCases {
            guard let size = dtype.byteCount else { continue }
            let text = header(tensor("[0,\(2 * size)]", dtype: dtype.rawValue))
            let file = try Safetensors(safetensors(header: text, data: [UInt8](repeating: 0, count: 2 * size)))
            #expect(file.header["a"]?.dtype == dtype)
        }
    }

    @Test("malformed safetensors: offsets must be within the data") func offsetsMustBeWithinTheData() {
        expect(
            .reversedOffsets(tensor: "a", begin: 8, end: 0), safetensors(header: header(tensor("[8,0]")), data: eight))
        expect(
            .offsetsBeyondData(tensor: "a", begin: 0, end: 8, dataBytes: 7),
            safetensors(header: header(tensor("[0,8]")), data: [UInt8](repeating: 0, count: 7)))
        expect(
            .offsetsBeyondData(tensor: "a", begin: 0, end: .max, dataBytes: 8),
            safetensors(header: header(tensor("[0,9223372036854775807]")), data: eight))
    }

    @Test("malformed safetensors: the size must match shape and type") func sizeMustMatchShapeAndType() {
        expect(
            .wrongSize(tensor: "a", dtype: .f32, shape: [3], expected: 12, found: 8),
            safetensors(header: header(tensor("[0,8]", shape: "[3]")), data: eight))
        expect(
            .wrongSize(tensor: "a", dtype: .f32, shape: [0], expected: 0, found: 8),
            safetensors(header: header(tensor("[0,8]", shape: "[0]")), data: eight))
        expect(
            .wrongSize(tensor: "a", dtype: .f32, shape: [], expected: 4, found: 8),
            safetensors(header: header(tensor("[0,8]", shape: "[]")), data: eight))
        for shape in [[1 << 62, 2], [1 << 32, 1 << 32], [.max], [0, 1 << 62, 1 << 62]] {
            expect(
                .sizeOverflow(tensor: "a", shape: shape),
                safetensors(header: header(tensor("[0,8]", shape: "\(shape)")), data: eight))
        }
    }

    @Test("malformed safetensors: tensors must cover the data without overlap or gap") func tensorsMustCoverTheData() {
        let data = [UInt8](repeating: 0, count: 16)
        expect(
            .overlap(tensor: "b", begin: 4, previous: "a", previousEnd: 8),
            safetensors(header: header(tensor("[0,8]"), tensor("[4,12]")), data: data))
        expect(
            .overlap(tensor: "b", begin: 0, previous: "a", previousEnd: 8),
            safetensors(header: header(tensor("[0,8]"), tensor("[0,8]")), data: data))
        expect(
            .hole(tensor: "b", begin: 8, previousEnd: 4),
            safetensors(header: header(tensor("[0,4]", shape: "[]"), tensor("[8,16]")), data: data))
        expect(.hole(tensor: "a", begin: 8, previousEnd: 0), safetensors(header: header(tensor("[8,16]")), data: data))
        expect(.trailingBytes(dataBytes: 16, covered: 8), safetensors(header: header(tensor("[0,8]")), data: data))
        expect(.trailingBytes(dataBytes: 1, covered: 0), safetensors(header: "{}", data: [0]))
        expect(
            .overlap(tensor: "b", begin: 4, previous: "a", previousEnd: 8),
            safetensors(header: header(tensor("[0,8]"), tensor("[4,4]", shape: "[0]")), data: eight))
    }

    @Test("safetensors errors: messages are escaped, bounded and name the file") func messagesSayWhatAndWhere() {
        let error = SafetensorsError(.hole(tensor: "b\n", begin: 8, previousEnd: 4), in: "dir/x.safetensors")
        #expect(
            error.description
                == "dir/x.safetensors: tensor \"b\\n\" begins at byte 8 of the data, but the one before it "
                + "ends at 4: the bytes between belong to no tensor")
        let long = SafetensorsError(.noTensor(String(repeating: "x", count: 1_000_000), nearest: nil))
        #expect(long.description.count < 200)
    }

    @Test(
        "safetensors errors: other formats are recognized by content",
        arguments: [
            (
                WeightsFormat.pytorchZip,
                [0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 22) + [16, 0, 0, 0] + Array("archive/data.pkl".utf8)
            ),
            (.numpyZip, [0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 22) + [5, 0, 0, 0] + Array("a.npy".utf8)),
            (.zip, [0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 22) + [5, 0, 0, 0] + Array("a.txt".utf8)),
            (.lfsPointer, Array("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n".utf8)),
            (.html, Array("<!DOCTYPE html>\n<html></html>".utf8)), (.gzip, [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0]),
            (.jpeg, [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 0x4A, 0x46, 0x49]),
            (
                .torchScript,
                [0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 22) + [15, 0, 0, 0] + Array("m/constants.pkl".utf8)
            ),
            (.keras, [0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 22) + [11, 0, 0, 0] + Array("config.json".utf8)),
            (.pickle, [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20]),
            (.pickle, [0x80, 5, 0x95, 0, 0, 0, 0, 0, 0, 0]),
            (.hdf5, [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A, 0, 0]), (.gguf, Array("GGUF".utf8) + [3, 0, 0, 0]),
            (.numpy, [0x93] + Array("NUMPY".utf8) + [1, 0]), (.tflite, [0x1C, 0, 0, 0] + Array("TFL3".utf8)),
            (.onnx, [0x08, 0x07, 0x12, 0x07] + Array("pytorch".utf8)),
            (.darknetWeights, [0, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0] + Array(repeating: 0, count: 8)),
            (.darknetConfig, Array("# a comment\n\n[net]\nwidth=416\n".utf8)),
        ] as [(WeightsFormat, [UInt8])]) func otherFormatsAreNamed(format: WeightsFormat, bytes: [UInt8])
    {
        expect(.otherFormat(format), bytes)
        expect(.otherFormat(format), bytes + [UInt8](repeating: 0, count: 5000))
        #expect(SafetensorsError(.otherFormat(format)).description.contains(format.hint))
    }

    @Test("malformed safetensors: truncations and changed bytes give a result or an error")
    func truncationsAndChangedBytesNeverTrap() throws {
        let bytes = try sampleWeights()
        for length in bytes.indices {
            #expect(throws: SafetensorsError.self) { try Safetensors(Array(bytes[..<length])) }
        }
        var generator = SplitMix64(seed: 2024)
        var accepted = 0
        for position in bytes.indices {
            for value in [0, 0xFF, bytes[position] ^ 1, UInt8.random(in: 0...255, using: &generator)] {
                var damaged = bytes
                damaged[position] = value
                if readAll(damaged) { accepted += 1 }
            }
        }
        // Changes in the data and in the text of the metadata leave a valid file.
        #expect(accepted > 0 && accepted < 4 * bytes.count)
    }

    @Test("malformed safetensors: random changes of several bytes give a result or an error")
    func randomChangesNeverTrap() throws {
        let bytes = try sampleWeights()
        var generator = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 2...6, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                // Bytes are replaced by others of the file, so that more headers stay JSON.
                damaged[position] = bytes[Int.random(in: 0..<bytes.count, using: &generator)]
            }
            _ = readAll(damaged)
        }
    }

    /// Reads everything that can be read; false if the header is rejected.
    private func readAll(_ bytes: [UInt8]) -> Bool {
        guard let file = try? Safetensors(bytes) else { return false }
        for entry in file.header.entries {
            if let floats = try? file.floats(entry.name) { #expect(floats.count == entry.elementCount) }
            #expect(file.withBytes(of: entry) { $0.count } == entry.range.count)
        }
        _ = file.nonFiniteTensors()
        _ = try? WeightsMetadata(file.metadata)
        return true
    }
}
