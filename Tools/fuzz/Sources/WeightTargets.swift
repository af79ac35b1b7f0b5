@testable import CVModels
@testable import CVTask
@testable import CVTensor
@testable import CVWeights
@testable import FuzzFixtures

extension FuzzTarget {
    /// Safetensors files, their metadata, and the network that they name.
    ///
    /// An input that begins with a brace is a header and, after a new line, the data: its length comes before it here.
    static let safetensors = FuzzTarget(
        name: "safetensors", seeds: safetensorsSeeds,
        words: {
            [
                "\"dtype\":\"F32\"", "\"shape\":[1]", "\"data_offsets\":[0,4]", "__metadata__", "preprocessing",
                "labels", "task",
            ]
                + SafetensorsDType.allCases.map(\.rawValue) + ModelRegistry.all.map(\.name)
        },
        run: { bytes in
            var bytes = bytes
            if bytes.first == UInt8(ascii: "{"), let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                bytes = little(UInt64(end)) + bytes[..<end] + bytes[(end + 1)...]
            }
            let file = try Safetensors(bytes)
            try attempt(
                { for entry in file.header.entries { _ = try? file.floats(entry.name) } }, { try file.checkFinite() },
                { _ = file.dataSHA256() }, { _ = try WeightsMetadata(file.metadata) },
                { try useModel(Self.file("x.safetensors", bytes)) })
        })

    /// What a command does with a weight file before it reads an image.
    private static func useModel(_ path: String) throws {
        _ = try ModelFile.verify(path: path)
        _ = try WeightsInspection(path: path)
        let file = try ModelFile(path)
        try file.check()
        // Built only where that is done at once; keys and shapes of all were compared.
        if ["lenet5", "logistic"].contains(file.spec.name) { _ = try file.network() }
    }

    /// Checkpoints of PyTorch in both formats.
    static let pth = FuzzTarget(
        name: "pth", seeds: { pickles.map { checkpoint(pickle: $0).bytes } + [legacy] }, words: { pickleWords },
        repair: Checksums.repairZip,
        run: { bytes in
            _ = try PyTorchCheckpoint(bytes).stateDictionary()
            _ = try Checkpoint(path: file("x.pth", bytes)).shapes
        })

    /// The pickle alone, in a checkpoint with one storage of four floats.
    static let pickle = FuzzTarget(
        name: "pickle", seeds: { pickles }, words: { pickleWords },
        run: { _ = try PyTorchCheckpoint(checkpoint(pickle: $0).bytes).stateDictionary() })

    private static let pickleWords = [
        "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_parameter\n", "ccollections\nOrderedDict\n",
        "ctorch\nFloatStorage\n", "ctorch\nHalfStorage\n", "ctorch\nLongStorage\n", "ctorch\nSize\n", "(NN(00t",
        "storage",
        "ctorch._utils\n_rebuild_parameter_with_state\n", "ctorch._tensor\n_rebuild_from_type_v2\n", "state_dict",
        "\\x85",
    ]

    private static var pickles: [[UInt8]] {
        let order = Pickle.name("collections", "OrderedDict") + Array(")R".utf8)
        let parameter =
            Pickle.name("torch._utils", "_rebuild_parameter") + Pickle.tuple(Pickle.tensor(), [0x88], order) + [0x52]
        let views = [
            ("w", Pickle.tensor(shape: [2, 2], strides: [1, 2])),
            ("b", Pickle.tensor(offset: 1, shape: [], strides: [])),
        ]
        return [
            Pickle.dictionary([("w", Pickle.tensor())]), Pickle.dictionary(views),
            Pickle.dictionary([("p", parameter)]),
            Pickle.dictionary([("state_dict", Pickle.dictionary(views)), ("epoch", Pickle.integer(3))]),
            order + Array("(".utf8) + Pickle.text("w") + Pickle.tensor(type: "HalfStorage", count: 8) + Array("u".utf8),
            Pickle.dictionary([("w", Pickle.tensor(type: "BFloat16Storage", count: 8, shape: [8]))]),
        ]
    }

    /// The format before PyTorch 1.6: pickles one after the other, then the storages.
    private static var legacy: [UInt8] {
        let stop: [UInt8] = [0x2E]
        let magic = Pickle.proto + [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19] + stop
        let version = Pickle.proto + [UInt8(ascii: "M")] + little(UInt16(1001)) + stop
        let system = Pickle.proto + Pickle.dictionary([("little_endian", [0x88])]) + stop
        let storage = Pickle.tuple(
            Pickle.text("storage"), Pickle.name("torch", "FloatStorage"), Pickle.text("0"), Pickle.text("cpu"),
            Pickle.integer(4), [UInt8(ascii: "N")])
        let tensor =
            Pickle.name("torch._utils", "_rebuild_tensor_v2")
            + Pickle.tuple(
                storage + Array("Q".utf8), Pickle.integer(0), Pickle.tuple(Pickle.integer(4)),
                Pickle.tuple(Pickle.integer(1)),
                [0x89], Array("}".utf8)) + Array("R".utf8)
        let values = [1, 2, 3, 4].flatMap { little(Float($0).bitPattern) }
        return magic + version + system + Pickle.proto + Pickle.dictionary([("w", tensor)]) + stop + Pickle.proto
            + Array("]".utf8) + Pickle.text("0") + Array("a".utf8) + stop + little(UInt64(4)) + values
    }

    private static func safetensorsSeeds() throws -> [[UInt8]] {
        let preprocessing = Preprocessing(width: 28, height: 28, resize: .stretch, channels: .gray).json.text
            .replacing("\"", with: "\\\"")
        let metadata = #""__metadata__":{"model":"lenet5","task":"classify","labels":"[\"a\",\"b\"]","preprocessing":""#
        let tensors = SafetensorsDType.allCases.map { type in
            #"{"t":{"dtype":"\#(type.rawValue)","shape":[2,1],"data_offsets":[0,\#(2 * (type.byteCount ?? 1))]}}"#
                + "\n"
                + String(repeating: "\u{1}", count: 2 * (type.byteCount ?? 1))
        }
        return try [
            Array("{\(metadata)\(preprocessing)\"}}\n".utf8),
            Safetensors.encode(
                [
                    SafetensorsTensor("conv.weight", shape: [2, 2], values: [1, 2, 3, 4], storage: .f16),
                    SafetensorsTensor("conv.bias", shape: [2], values: [0.5, -.infinity]),
                ], metadata: ["model": "lenet5", "task": "classify"], hashData: true),
            logistic(),
        ] + tensors.map { Array($0.utf8) }
    }

    /// The weights of a network of 12 inputs and 2 classes.
    private static func logistic() throws -> [UInt8] {
        let preprocessing = Preprocessing(width: 2, height: 2, resize: .stretch)
        let metadata = WeightsMetadata(
            model: "logistic", task: "classify", preprocessing: preprocessing, labels: ["a", "b"])
        let shapes = ModelRegistry.shapes(
            of: metadata.model, classes: 2, input: .init(preprocessing), headless: false, offered: [])
        let tensors = (shapes ?? [:]).sorted { $0.key < $1.key }.map { key, shape in
            SafetensorsTensor(key, shape: shape, values: [Float](repeating: 0.5, count: shape.reduce(1, *)))
        }
        return try Safetensors.encode(tensors, metadata: metadata.dictionary)
    }
}
