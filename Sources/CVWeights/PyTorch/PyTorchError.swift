import CVCore

/// A PyTorch checkpoint that cannot be used.
public struct PyTorchError: ToolkitError, Equatable {
    public enum Problem: Error, Sendable, Equatable {
        /// nil for a file that looks like nothing known.
        case notACheckpoint(WeightsFormat?)
        case endsEarly(at: Int, needed: Int, left: Int)
        case archive(ZipProblem)
        case pickle(PickleProblem, at: Int)
        /// A name that a checkpoint of weights has no use for.
        case forbidden(String)
        case pickleTooLong(bytes: Int, limit: Int)
        case torchScript
        case bigEndian
        case noTensors(keys: [String])
        case keyTwice(String)
        case noStorage(key: String)
        case wrongStorage(key: String, expected: Int, found: Int)
        case damaged(entry: String)
        case tooManyElements(bytes: Int, fileBytes: Int)
        case notFloats(tensor: String, dtype: SafetensorsDType)
        case noTensor(String, nearest: String?)
    }

    /// The path of the file; nil for bytes from memory.
    public let file: String?
    public let problem: Problem

    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    public var description: String { (file.map { $0.escapedForDisplay + ": " } ?? "") + problem.text }
}

/// What is wrong with a zip archive.
public enum ZipProblem: Sendable, Equatable {
    case noEnd, directoryBeyondFile, badEntry
    case directoryTooLarge(Int)
    case wrongCount(Int)
    case unsafeName(String)
    case encrypted(String)
    case compressed(String, method: Int)
    case beyondFile(String)
    case overlap(String)
    case otherName(String)
    case nameTwice(String)
    case noPickle
}

/// What is wrong with a pickle.
public enum PickleProblem: Sendable, Equatable {
    case unknownOpcode(UInt8)
    case protocolTooNew(Int)
    case frameTooLong, emptyStack, noMark
    case notInMemo(Int)
    case tooManyValues(limit: Int)
    /// What must stand there.
    case unexpected(String)
    case tensorBeyondStorage(shape: [Int], strides: [Int], offset: Int, storage: Int)
}

private let saveAgain = "save the weights alone in Python: torch.save(model.state_dict(), \"weights.pth\")"

extension PyTorchError.Problem {
    fileprivate var text: String {
        switch self {
        case .notACheckpoint(let format):
            "is \(format?.name ?? "no PyTorch checkpoint"); what torch.save writes (.pth, .pt, .bin) is expected here"
        case .endsEarly(let position, let needed, let left):
            "ends too early: \(counted(needed, "byte")) are needed at \(position), \(left) are left; it may be an incomplete "
                + "download"
        case .archive(let problem): "cannot be read as a zip archive: \(problem.text)"
        case .pickle(let problem, let position): "its pickle cannot be followed at byte \(position): \(problem.text)"
        case .forbidden(let name):
            "mentions \(quoted(name)), which weights have no use for: nothing of it was run. If it holds a whole model or "
                + "an object of a program, \(saveAgain)"
        case .pickleTooLong(let bytes, let limit): "its pickle has \(bytes) bytes; at most \(limit) are read"
        case .torchScript: "is a TorchScript program; \(saveAgain)"
        case .bigEndian: "was written on a big-endian machine, which is not supported; save it again on another"
        case .noTensors(let keys):
            "no weights were found in it"
                + (keys.isEmpty ? "" : "; it holds " + keys.prefix(12).map(quoted).joined(separator: ", "))
                + (keys.count > 12 ? " and \(keys.count - 12) more" : "") + "; \(saveAgain)"
        default: tensorText
        }
    }

    private var tensorText: String {
        switch self {
        case .keyTwice(let key): "two tensors have the name \(quoted(key))"
        case .noStorage(let key): "the values of a tensor are missing: there is no storage \(quoted(key))"
        case .wrongStorage(let key, let expected, let found):
            "the storage \(quoted(key)) should have \(counted(expected, "byte")), but has \(found)"
        case .damaged(let entry):
            "the checksum of its entry \(quoted(entry)) is wrong: it is damaged; download or save it again"
        case .tooManyElements(let bytes, let fileBytes):
            "its tensors would take \(bytes) bytes, which is out of proportion to a file of \(fileBytes)"
        case .notFloats(let tensor, let dtype):
            "tensor \(quoted(tensor)) has the type \(dtype.rawValue), but F32, F16, BF16 or F64 is needed here"
        case .noTensor(let name, let nearest):
            "has no tensor \(quoted(name))" + (nearest.map { "; did you mean \(quoted($0))?" } ?? "")
        default: ""
        }
    }
}

extension ZipProblem {
    fileprivate var text: String {
        switch self {
        case .noEnd: "its directory is missing at the end; it may be an incomplete download"
        case .directoryBeyondFile: "its directory is said to lie outside of the file"
        case .badEntry: "an entry does not begin as it must"
        case .directoryTooLarge(let bytes): "its directory has \(bytes) bytes, which no checkpoint needs"
        case .wrongCount(let count): "its directory has more than the \(count) entries that it claims"
        case .unsafeName(let name): "an entry has the name \(quoted(name)), which leads out of the archive"
        case .encrypted(let name): "its entry \(quoted(name)) is encrypted"
        case .compressed(let name, let method):
            "its entry \(quoted(name)) is compressed (method \(method)), which torch.save does not do; unpack the archive "
                + "and pack it again with zip -0 -r, or save it again"
        case .beyondFile(let name): "its entry \(quoted(name)) reaches beyond the file, or its sizes disagree"
        case .overlap(let name): "its entry \(quoted(name)) overlaps another one"
        case .otherName(let name): "the entry that its directory calls \(quoted(name)) has another name in its place"
        case .nameTwice(let name): "two entries have the name \(quoted(name))"
        case .noPickle: "it has no entry data.pkl in its one folder, so it is no PyTorch checkpoint"
        }
    }
}

extension PickleProblem {
    fileprivate var text: String {
        switch self {
        case .unknownOpcode(let byte): "the instruction \(byte) is not one that torch.save writes"
        case .protocolTooNew(let version): "it has the protocol \(version); up to 5 are known"
        case .frameTooLong: "a frame is longer than what is left of the file"
        case .emptyStack: "a value is missing"
        case .noMark: "a mark is missing"
        case .notInMemo(let position): "nothing was kept under the number \(position)"
        case .tooManyValues(let limit): "it makes more than \(limit) values"
        case .unexpected(let expected): "\(expected) is expected there"
        case .tensorBeyondStorage(let shape, let strides, let offset, let storage):
            "a tensor of shape \(abbreviated("\(shape)")), strides \(abbreviated("\(strides)")) and offset \(offset) does not "
                + "fit its storage of \(counted(storage, "element"))"
        }
    }
}
