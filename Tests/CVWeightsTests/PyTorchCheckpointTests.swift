import CVCore
import CVNN
import CVTensor
import CVWeights
import TestSupport
import Testing

/// Files of `torch.save`, compared with the values that torch loads (`Tools/golden.py pth-files`).
@Suite struct PyTorchCheckpointTests {
    private struct Golden: Decodable {
        struct Values: Decodable {
            let shape: [Int]
            let values: [Double]
        }

        let tensors, network: [String: Values]
    }

    private let golden: Golden

    init() throws { golden = try decoded("Golden/pth/values.json", as: Golden.self) }

    private func read(_ name: String) throws -> PyTorchCheckpoint {
        try PyTorchCheckpoint(path: goldenPath("pth/\(name).pth"))
    }

    /// Types, strides, shared storages, protocols 2 and 5, and the format before version 1.6.
    @Test("PyTorch checkpoint: values match those that torch loads", arguments: ["zip", "protocol5", "legacy"])
    func readsWhatTorchReads(name: String) throws {
        let file = try read(name)
        #expect(file.path.isEmpty && file.leftOut.isEmpty)
        #expect(Set(file.entries.map(\.name)) == Set(golden.tensors.keys))
        #expect(file.entries.first?.name == "weight")
        for (name, expected) in golden.tensors {
            #expect(file[name]?.shape == expected.shape, "\(name)")
            // Exact: all values fit the types, and a double is rounded once.
            if name != "count" { #expect(try file.floats(name) == expected.values.map { Float($0) }, "\(name)") }
        }
        #expect(file["half"]?.dtype == .f16 && file["bfloat"]?.dtype == .bf16 && file["double"]?.dtype == .f64)
        #expect(throws: PyTorchError(.notFloats(tensor: "count", dtype: .i64), in: goldenPath("pth/\(name).pth"))) {
            try file.floats("count")
        }
        let state = try file.stateDictionary()
        #expect(state.count == golden.tensors.count - 1)
        #expect(state["transposed"]?.shape == [3, 4] && state["empty"]?.shape == [0, 3])
    }

    @Test("PyTorch checkpoint: file and memory give the same values") func readsTheSameFromMemory() throws {
        let bytes = try FileInput.read(goldenPath("pth/zip.pth"))
        #expect(try PyTorchCheckpoint(bytes).floats("half") == read("zip").floats("half"))
    }

    /// Beside an optimizer, a schedule, NumPy scalars, settings and a set, all of which stay opaque.
    @Test("PyTorch checkpoint: weights are found beside training state") func findsWeightsInTrainingState() throws {
        let file = try read("training")
        #expect(file.path == ["state_dict"])
        for (name, expected) in golden.network {
            #expect(file["module." + name]?.shape == expected.shape)
            guard !name.hasSuffix("num_batches_tracked") else { continue }
            #expect(try file.floats("module." + name) == expected.values.map { Float($0) })
        }
        #expect(try read("nested").path == ["model", "state_dict"])
    }

    /// Without prefix and batch counters, the names are those of the network.
    @Test("checkpoint: wrappers, prefixes and batch counters are removed") func wrappersAndPrefixesAreRemoved() throws {
        let expected = golden.network.filter { !$0.key.hasSuffix("num_batches_tracked") }
        for (name, wrappers, prefix) in [
            ("training", ["state_dict"], "module."), ("nested", ["model", "state_dict"], ""),
        ] {
            let file = try Checkpoint(path: goldenPath("pth/\(name).pth"))
            #expect(file.wrappers == wrappers && file.prefix == prefix)
            #expect(file.shapes == expected.mapValues(\.shape))
            for entry in file.entries {
                #expect(try file.floats(entry.name) == expected[entry.name]?.values.map { Float($0) })
            }
        }
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/a.bin"
        let names = [
            "_orig_mod.module.a.weight", "_orig_mod.module.b.weight", "_orig_mod.module.b.num_batches_tracked",
        ]
        try FileOutput.write(
            Safetensors.encode(names.map { SafetensorsTensor($0, shape: [1], values: [2]) }), to: path)
        let file = try Checkpoint(path: path)
        #expect(file.entries.map(\.name) == ["a.weight", "b.weight"] && file.prefix == "_orig_mod.module.")
        #expect(try file.floats("b.weight") == [2] && file.wrappers.isEmpty)
    }

    @Test("PyTorch checkpoint: a pickled model is rejected by name") func pickledModelsAreRejected() throws {
        let error = #expect(throws: PyTorchError.self) { try read("module") }
        guard case .forbidden(let name)? = error?.problem else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(name.hasPrefix("torch.nn.modules."))
        #expect(error?.description.contains("torch.save(model.state_dict()") ?? false)
    }

    @Test("PyTorch checkpoint: 64-bit sizes are read from the zip64 extra field") func readsZip64Sizes() throws {
        // As in a file beyond 4 GB: sizes and offset of each entry and of the directory have 64 bits.
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in checkpoint(pickle: Pickle.dictionary([("a", Pickle.tensor())])).entries {
            let name = Array(entry.name.utf8)
            let (start, size) = (UInt64(file.count), UInt64(entry.bytes.count))
            let sum = little(CRC32.checksum(entry.bytes))
            file += [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + little(UInt16(name.count)) + [0, 0] + name
            file += entry.bytes
            let ones = [UInt8](repeating: 0xFF, count: 8)
            let extra = little(UInt16(7)) + little(UInt16(1)) + [9] + little(UInt16(1)) + little(UInt16(24))
            directory +=
                [0x50, 0x4B, 1, 2] + [UInt8](repeating: 0, count: 12) + sum + ones + little(UInt16(name.count))
            directory += little(UInt16(extra.count + 24)) + [UInt8](repeating: 0, count: 10) + ones.prefix(4) + name
            directory += extra + little(size) + little(size) + little(start)
        }
        let (start, end) = (UInt64(file.count), UInt64(file.count + directory.count))
        file += directory + [0x50, 0x4B, 6, 6] + little(UInt64(44)) + [UInt8](repeating: 0, count: 12)
        file += little(UInt64(3)) + little(UInt64(3)) + little(UInt64(directory.count)) + little(start)
        file += [0x50, 0x4B, 6, 7, 0, 0, 0, 0] + little(end) + little(UInt32(1))
        file += [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0xFF, count: 16) + [0, 0]
        #expect(try PyTorchCheckpoint(file).floats("a") == [1, 2, 3, 4])
    }
}
