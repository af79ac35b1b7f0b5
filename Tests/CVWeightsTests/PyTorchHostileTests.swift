import CVCore
import CVNN
import CVWeights
import TestSupport
import Testing

/// Malicious and damaged checkpoints: each gives a typed error, and nothing is executed.
@Suite struct PyTorchHostileTests {
    private func expect(
        _ problem: PyTorchError.Problem, _ bytes: [UInt8], location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: PyTorchError(problem), sourceLocation: location) { try PyTorchCheckpoint(bytes) }
    }

    private func expectPickle(
        _ problem: PickleProblem, _ pickle: [UInt8], location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: PyTorchError.self, sourceLocation: location) {
            try PyTorchCheckpoint(checkpoint(pickle: pickle).bytes)
        }
        guard case .pickle(problem, at: _) = error?.problem else {
            Issue.record("\(error as Any)", sourceLocation: location)
            return
        }
    }

    // MARK: Programs

    @Test(
        "hostile pickle: functions are rejected by name and not called",
        arguments: ["os.system", "posix.system", "builtins.eval", "__builtin__.exec", "subprocess.Popen"])
    func functionsAreRejectedAndNotCalled(name: String) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let parts = name.split(separator: ".").map(String.init)
        let call = Pickle.tuple(Pickle.text("touch \(folder)/run")) + Array("R".utf8)
        let stack = Pickle.text(parts[0]) + Pickle.text(parts[1]) + [0x93] + call
        for program in [Pickle.name(parts[0], parts[1]) + call, stack] {
            expect(.forbidden(name), checkpoint(pickle: program).bytes)
            // A plain pickle, whose program is at the position of the magic number.
            expect(.forbidden(name), Pickle.proto + program + [0x2E])
            let beside = Pickle.dictionary([("a", Pickle.tensor()), ("b", program)])
            expect(.forbidden(name), checkpoint(pickle: beside).bytes)
        }
        #expect(FileSystem.kind(of: folder + "/run") != .file)
        #expect(PyTorchError(.forbidden(name)).description.contains("\"\(name)\""))
    }

    /// Training state that is accepted has no effect either: it is stored as names.
    @Test("hostile pickle: opaque training state is never a tensor") func opaqueValuesAreNeverTensors() throws {
        let odd = Pickle.name("numpy._core.multiarray", "scalar") + Pickle.tuple() + Array("R".utf8)
        let file = try PyTorchCheckpoint(
            checkpoint(pickle: Pickle.dictionary([("a", Pickle.tensor()), ("b", odd)])).bytes)
        #expect(file.entries.map(\.name) == ["a"] && file.leftOut == ["b"])
        expectPickle(.unexpected("something to call"), Pickle.text("x") + Pickle.tuple() + Array("R".utf8))
        expectPickle(.unexpected("something to call"), Pickle.name("torch", "FloatStorage") + Array(")R".utf8))
    }

    @Test("hostile pickle: every rule of the format is checked") func pickleRulesAreChecked() {
        expectPickle(.emptyStack, [])
        expectPickle(.emptyStack, Array("(0".utf8))
        expectPickle(.noMark, Array("t".utf8))
        expectPickle(.notInMemo(7), Array("h".utf8) + [7])
        expectPickle(.protocolTooNew(6), [0x80, 6])
        expectPickle(.frameTooLong, [0x95] + little(UInt64.max))
        // INST, the text of an INT, an extension.
        for byte in [UInt8(ascii: "i"), UInt8(ascii: "I"), 0x82, 0xFF] {
            expectPickle(.unknownOpcode(byte), [byte])
        }
        expectPickle(.unexpected("a value for each key"), Array("}(Nu".utf8))
        expectPickle(.unexpected("a dictionary to set items of"), Array("](NNu".utf8))
        expectPickle(.unexpected("a list to append to"), Array("}Na".utf8))
        expectPickle(.unexpected("an object to give attributes to"), Array("NNb".utf8))
        expectPickle(.unexpected("two strings that name a symbol"), Array("NN".utf8) + [0x93])
        expectPickle(
            .unexpected("a storage, with its type, key, device and size"), Pickle.tuple(Pickle.text("x")) + [0x51])
        // LONG1: -1 in one byte is a negative size, not 255.
        let storage = Pickle.tuple(
            Pickle.text("storage"), Pickle.name("torch", "FloatStorage"), Pickle.text("0"), Pickle.text("cpu"),
            [0x8A, 1, 0xFF])
        expectPickle(.unexpected("a storage, with its type, key, device and size"), storage + [0x51])
    }

    @Test("hostile pickle: lengths are bounded by the file") func lengthsAreBoundedByTheFile() {
        let lengths: [[UInt8]] = [
            [0x58] + little(UInt32.max), [0x8D] + little(UInt64.max), [0x8D] + little(UInt64(1) << 40),
            [0x42] + little(UInt32.max), [0x8E] + little(UInt64.max >> 1), [0x96] + little(UInt64.max),
            [0x8B] + little(Int32.max), [0x8B] + little(Int32(-1)), Array("cos".utf8),
        ]
        for start in lengths {
            let error = #expect(throws: PyTorchError.self) { try PyTorchCheckpoint(checkpoint(pickle: start).bytes) }
            guard case .endsEarly? = error?.problem else {
                Issue.record("\(start): \(error as Any)")
                continue
            }
        }
    }

    /// A list of ten lists of ten lists …: 10^249 elements if traversed.
    @Test("hostile pickle: a memo bomb stays small") func memoBombsStaySmall() throws {
        var bomb = Array("]q".utf8) + [0]
        for level in 1..<250 as Range<UInt8> {
            bomb +=
                Array("0](".utf8) + (0..<10).flatMap { _ in Array("h".utf8) + [level - 1] } + Array("eq".utf8) + [level]
        }
        let file = try PyTorchCheckpoint(
            checkpoint(pickle: Pickle.dictionary([("a", Pickle.tensor()), ("b", bomb)])).bytes)
        #expect(file.leftOut == ["b"])
    }

    /// Nesting as deep as possible, and a list that contains itself: nothing recurses into them.
    @Test("hostile pickle: deep and circular containers are safe") func deepAndCircularContainersAreSafe() throws {
        for deep in [
            Array("N".utf8) + [UInt8](repeating: 0x85, count: 500_000),
            [UInt8](repeating: UInt8(ascii: "("), count: 500_000),
            Array("]q\0h\0a".utf8), Array("}q\0".utf8) + Pickle.text("b") + Array("h\0s".utf8),
        ] {
            _ = try? PyTorchCheckpoint(
                checkpoint(pickle: Pickle.dictionary([("a", Pickle.tensor()), ("b", deep)])).bytes)
            _ = try? PyTorchCheckpoint(checkpoint(pickle: deep).bytes)
        }
        expectPickle(.tooManyValues(limit: 2_000_000), [UInt8](repeating: UInt8(ascii: "N"), count: 2_000_001))
    }

    /// One long list that is converted to a dictionary repeatedly counts each time.
    @Test("hostile pickle: work is bounded like memory") func workIsBounded() {
        let pair = Pickle.tuple(Pickle.text("k"), Array("N".utf8)) + Array("q".utf8) + [1]
        let list =
            Array("](".utf8) + pair + (0..<50_000).flatMap { _ in Array("h".utf8) + [1] } + Array("eq".utf8) + [0]
        let again = Pickle.name("collections", "OrderedDict") + Array("h\0".utf8) + [0x85] + Array("R0".utf8)
        expectPickle(.tooManyValues(limit: 2_000_000), list + (0..<10_000).flatMap { _ in again })
    }

    /// A long name that is mentioned often would be copied each time.
    @Test("hostile pickle: long names are rejected") func longNamesAreRejected() {
        let long = String(repeating: "x", count: 1000)
        let start = Pickle.text("torch.optim") + Array("q\0".utf8) + Pickle.text(long) + Array("q".utf8) + [1, 0x93]
        expect(.forbidden("torch.optim." + long), checkpoint(pickle: start).bytes)
    }

    // MARK: Tensors

    @Test("hostile checkpoint: tensors must fit their storage") func tensorsMustFitTheirStorage() {
        let huge = Int.max
        let cases: [(shape: [Int], strides: [Int], offset: Int)] = [
            ([5], [1], 0), ([4], [1], 1), ([2, 2], [4, 1], 0), ([4], [2], 0), ([1], [1], 4), ([4], [1], huge),
            ([huge], [huge], 0), ([huge, huge], [1, 1], 0), ([0, huge, huge], [1, 1, 1], 0),
            ([1 << 32, 1 << 32], [0, 0], 0),
            ([2], [huge], huge), ([4], [1, 1], 0),
        ]
        for (shape, strides, offset) in cases {
            let tensor = Pickle.tensor(offset: offset, shape: shape, strides: strides)
            expectPickle(.tensorBeyondStorage(shape: shape, strides: strides, offset: offset, storage: 4), tensor)
        }
        let parts = "a tensor: its storage, offset, sizes and strides"
        expectPickle(.unexpected(parts), Pickle.tensor(shape: [-4]))
        expectPickle(.unexpected(parts), Pickle.tensor(strides: [-1]))
        expectPickle(.unexpected(parts), Pickle.tensor(shape: .init(repeating: 1, count: 65)))
        expectPickle(.tensorBeyondStorage(shape: [4], strides: [1], offset: -1, storage: 4), Pickle.tensor(offset: -1))
    }

    @Test("PyTorch checkpoint: the stride of a dimension of one element is ignored")
    func theStrideOfOneElementMayBeAnyNumber() throws {
        let odd = Pickle.tensor(shape: [2, 1], strides: [2, .max])
        let file = try PyTorchCheckpoint(checkpoint(pickle: Pickle.dictionary([("a", odd)])).bytes)
        #expect(try file.floats("a") == [1, 3])
    }

    @Test("hostile checkpoint: sizes of storages are checked") func storageSizesAreChecked() {
        func state(_ tensor: [UInt8]) -> [UInt8] { checkpoint(pickle: Pickle.dictionary([("a", tensor)])).bytes }
        expect(.wrongStorage(key: "0", expected: 20, found: 16), state(Pickle.tensor(count: 5)))
        expect(.wrongStorage(key: "0", expected: 12, found: 16), state(Pickle.tensor(count: 3, shape: [3])))
        expect(.wrongStorage(key: "0", expected: .max, found: 16), state(Pickle.tensor(count: .max)))
        expect(.wrongStorage(key: "0", expected: 32, found: 16), state(Pickle.tensor(type: "DoubleStorage")))
        expect(.noStorage(key: "1"), state(Pickle.tensor(key: "1")))
        expect(.noStorage(key: "../../etc/passwd"), state(Pickle.tensor(key: "../../etc/passwd")))
        expect(.forbidden("torch.ComplexDoubleStorage"), state(Pickle.tensor(type: "ComplexDoubleStorage")))
    }

    /// A few bytes that are viewed as gigabytes, by one tensor or by many.
    @Test("hostile checkpoint: a small file cannot claim much memory") func smallFilesCannotClaimMuchMemory() {
        let wide = Pickle.tensor(shape: [1 << 30], strides: [0])
        let size = checkpoint(pickle: Pickle.dictionary([("a", wide)])).bytes
        expect(.tooManyElements(bytes: 4 << 30, fileBytes: size.count), size)
        let half = Pickle.tensor(shape: [200_000], strides: [0])
        let two = checkpoint(pickle: Pickle.dictionary([("a", half), ("b", half)])).bytes
        expect(.tooManyElements(bytes: 1_600_000, fileBytes: two.count), two)
    }

    @Test("hostile checkpoint: duplicate names and missing weights are rejected")
    func namesAreUniqueAndWeightsArePresent() {
        let twice = Pickle.dictionary([("a", Pickle.tensor()), ("a", Pickle.tensor())])
        expect(.keyTwice("a"), checkpoint(pickle: twice).bytes)
        expect(.noTensors(keys: []), checkpoint(pickle: Array("N".utf8)).bytes)
        expect(.noTensors(keys: []), checkpoint(pickle: Pickle.tensor()).bytes)
        expect(.noTensors(keys: ["epoch"]), checkpoint(pickle: Pickle.dictionary([("epoch", [0x4E])])).bytes)
    }

    // MARK: Archives

    private var good: ZipFixture { checkpoint(pickle: Pickle.dictionary([("a", Pickle.tensor())])) }

    private func expect(
        _ problem: ZipProblem, location: SourceLocation = #_sourceLocation, _ change: (inout ZipFixture) -> Void
    ) {
        var file = good
        change(&file)
        expect(.archive(problem), file.bytes, location: location)
    }

    @Test("hostile archive: every rule of the format is checked") func archiveRulesAreChecked() throws {
        #expect(try PyTorchCheckpoint(good.bytes).floats("a") == [1, 2, 3, 4])
        let data = "archive/data/0"
        expect(.compressed(data, method: 8)) { $0.entries[2].method = 8 }
        expect(.encrypted(data)) { $0.entries[2].flags = 1 }
        expect(.beyondFile(data)) { $0.entries[2].size = 1 << 30 }
        expect(.beyondFile(data)) { $0.entries[2].offset = 1 << 30 }
        // A zip bomb of entries that share their bytes.
        expect(.overlap(data)) { $0.entries[2].offset = 0 }
        expect(.overlap("archive/byteorder")) { $0.entries[0].size = 200 }
        expect(.otherName(data)) { $0.entries[2].ownName = "archive/data/1" }
        expect(.nameTwice(data)) { $0.entries.append($0.entries[2]) }
        expect(.noPickle) { $0.entries.removeFirst() }
        expect(.noPickle) { $0.entries[0].name = "a/b/data.pkl" }
        for name in ["../data.pkl", "/etc/passwd", "a/../../b", "a\\b", "a\0b", ""] {
            expect(.unsafeName(name)) { $0.entries[1].name = name }
        }
        var wrong = good
        wrong.entries[2].checksum = 1
        expect(.damaged(entry: "data/0"), wrong.bytes)
        wrong = good
        wrong.entries[0].checksum = 1
        expect(.damaged(entry: "archive/data.pkl"), wrong.bytes)
        wrong = good
        wrong.entries[1].bytes = Array("big".utf8)
        expect(.bigEndian, wrong.bytes)
        wrong = good
        wrong.entries.append(.init(name: "archive/constants.pkl", bytes: []))
        expect(.torchScript, wrong.bytes)
    }

    @Test("PyTorch checkpoint: other formats are recognized by content") func otherFormatsAreRecognized() {
        expect(.notACheckpoint(.empty), [])
        expect(.notACheckpoint(nil), Array("hello".utf8))
        expect(.notACheckpoint(.gguf), Array("GGUF".utf8))
        expect(.notACheckpoint(.pickle), Pickle.proto + Array("N.".utf8))
        expect(.archive(.noEnd), [0x50, 0x4B, 3, 4])
    }

    // MARK: Damage

    @Test("damaged checkpoint: truncation is an error", arguments: ["zip", "legacy", "training"])
    func truncationIsAnError(name: String) throws {
        let bytes = try FileInput.read(goldenPath("pth/\(name).pth"))
        for count in stride(from: 0, to: bytes.count, by: sampleStep) {
            do {
                _ = try PyTorchCheckpoint(Array(bytes[..<count]))
                Issue.record("\(count) bytes are accepted as the whole file")
            } catch is PyTorchError {}
        }
    }

    /// A few changed bytes, a thousand times: tensors or a typed error.
    @Test(
        "damaged checkpoint: changed bytes give a result or an error",
        arguments: ["zip", "protocol5", "legacy", "training"]) func damageNeverTraps(name: String)
        throws
    {
        let bytes = try FileInput.read(goldenPath("pth/\(name).pth"))
        var numbers = CVCore.SplitMix64(seed: 11)
        var rejected = 0
        let rounds = 1000 / sampleStep
        for round in 0..<rounds {
            var other = bytes
            for _ in 0...(round % 4) {
                let position = Int.random(in: 0..<other.count, using: &numbers)
                // Half of the changes are in the pickle, so that not all end at its checksum.
                other[round % 2 == 0 ? position : position % 700] = UInt8.random(in: 0...255, using: &numbers)
            }
            do {
                _ = try PyTorchCheckpoint(other).stateDictionary()
            } catch is PyTorchError {
                rejected += 1
            }
        }
        #expect(rejected > 3 * rounds / 10)
    }

    /// Without checksums and archive: the pickle alone is damaged.
    @Test("damaged pickle: changed bytes give a result or an error") func damageOfThePickleNeverTraps() throws {
        let optimizer = Pickle.name("collections", "defaultdict") + Array(")R".utf8)
        let program = Pickle.dictionary([
            (
                "model",
                Pickle.dictionary([("a", Pickle.tensor()), ("b", Pickle.tensor(shape: [2, 2], strides: [1, 2]))])
            ),
            ("optimizer", optimizer), ("epoch", Pickle.integer(3)),
        ])
        var numbers = CVCore.SplitMix64(seed: 5)
        for _ in 0..<3000 / sampleStep {
            var other = program
            for _ in 0..<Int.random(in: 1...6, using: &numbers) {
                let position = Int.random(in: 0..<other.count, using: &numbers)
                switch Int.random(in: 0..<3, using: &numbers) {
                case 0: other[position] = UInt8.random(in: 0...255, using: &numbers)
                case 1: other.remove(at: position)
                default:
                    other.insert(Array("(0tq2h]}usaR.b)QNX\u{1}".utf8).randomElement(using: &numbers)!, at: position)
                }
            }
            do {
                _ = try PyTorchCheckpoint(checkpoint(pickle: other).bytes).stateDictionary()
            } catch is PyTorchError {}
        }
    }
}
