import CVCore

/// An error for a PyTorch checkpoint that cannot be used.
public struct PyTorchError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Error, Sendable, Equatable {
        /// The file has another format; nil for an unknown one.
        case notACheckpoint(WeightsFormat?)
        /// The file ends early.
        case endsEarly(at: Int, needed: Int, left: Int)
        /// The zip archive is malformed.
        case archive(ZipProblem)
        /// The pickle is malformed.
        case pickle(PickleProblem, at: Int)
        /// The pickle mentions a name that a checkpoint of weights does not need.
        case forbidden(String)
        /// The pickle is longer than the limit.
        case pickleTooLong(bytes: Int, limit: Int)
        /// The file is a TorchScript program.
        case torchScript
        /// The file was written on a big-endian machine.
        case bigEndian
        /// There are no tensors; the keys of the outermost dictionary.
        case noTensors(keys: [String])
        /// Two tensors have the same key.
        case keyTwice(String)
        /// The storage of a tensor is missing.
        case noStorage(key: String)
        /// The size of a storage is wrong, in bytes.
        case wrongStorage(key: String, expected: Int, found: Int)
        /// A checksum is wrong.
        case damaged(entry: String)
        /// The tensors claim more memory than is plausible for the file.
        case tooManyElements(bytes: Int, fileBytes: Int)
        /// A tensor does not convert to floats.
        case notFloats(tensor: String, dtype: SafetensorsDType)
        /// A tensor is of a kind that is not read: quantized, sparse, or without values.
        case unsupportedTensor(String, kind: String)
        /// The byte order of the file is neither little nor big.
        case unknownByteOrder(String)
        /// There is no tensor of this name.
        case noTensor(String, nearest: String?)
    }

    /// The path of the file; nil for bytes from memory.
    public let file: String?
    /// What is wrong.
    public let problem: Problem

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - problem: what is wrong.
    ///   - file: the path of the file, if it is known.
    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    /// The message.
    public var description: String { (file.map { $0.escapedForDisplay + ": " } ?? "") + problem.text }
}

/// What is wrong with a zip archive.
public enum ZipProblem: Sendable, Equatable {
    /// The directory is missing or outside of the file, or an entry has no header.
    case noEnd, directoryBeyondFile, badEntry
    /// The directory has this many bytes, more than the limit.
    case directoryTooLarge(Int)
    /// The directory has more entries than this count, which it claims.
    case wrongCount(Int)
    /// The name of an entry leads out of the archive.
    case unsafeName(String)
    /// An entry is encrypted.
    case encrypted(String)
    /// An entry is compressed.
    case compressed(String, method: Int)
    /// An entry reaches beyond the file, or its sizes disagree.
    case beyondFile(String)
    /// An entry overlaps another one.
    case overlap(String)
    /// The local header of an entry has another name.
    case otherName(String)
    /// Two entries have the same name.
    case nameTwice(String)
    /// There is no `data.pkl`.
    case noPickle
}

/// What is wrong with a pickle.
public enum PickleProblem: Sendable, Equatable {
    /// An instruction is not supported.
    case unknownOpcode(UInt8)
    /// The protocol version is not supported.
    case protocolTooNew(Int)
    /// A frame exceeds the file, or a value or mark is missing from the stack.
    case frameTooLong, emptyStack, noMark
    /// An entry of the memo is missing.
    case notInMemo(Int)
    /// The pickle builds too many values.
    case tooManyValues(limit: Int)
    /// Something else is expected, which the text names.
    case unexpected(String)
    /// A tensor does not fit its storage.
    case tensorBeyondStorage(shape: [Int], strides: [Int], offset: Int, storage: Int)
}

private let saveAgain = "save the weights alone in Python: torch.save(model.state_dict(), \"weights.pth\")"

extension PyTorchError.Problem {
    fileprivate var text: String {
        switch self {
        case .notACheckpoint(let format):
            "is \(format?.name ?? "not a PyTorch checkpoint"); "
                + (format?.remedy ?? "what torch.save writes (.pth, .pt, .bin) is expected here")
        case .endsEarly(let position, let needed, let left):
            "ends too early: \(pluralized(needed, "byte")) are needed at \(position), \(left) are left; it may be an incomplete "
                + "download"
        case .archive(let problem): "cannot be read as a zip archive: \(problem.text)"
        case .pickle(let problem, let position): "its pickle cannot be read at byte \(position): \(problem.text)"
        case .forbidden(let name) where name.hasPrefix("ultralytics.") || name.hasPrefix("models.yolo."):
            "is a pickled model of Ultralytics (\(abbreviated(name))), with its program: none of it was executed. Its "
                + "networks are not among those here; of YOLO, darknet's .cfg with .weights is read"
        case .forbidden(let name):
            "mentions \(quoted(name)), which weights do not need: none of it was executed. If it holds a whole model or "
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
            "the storage \(quoted(key)) should have \(pluralized(expected, "byte")), but has \(found)"
        case .damaged(let entry):
            "the checksum of its entry \(quoted(entry)) is wrong: it is damaged; download or save it again"
        case .tooManyElements(let bytes, let fileBytes):
            "its tensors would take \(bytes) bytes, which is out of proportion to a file of \(fileBytes)"
        case .notFloats(let tensor, let dtype):
            "tensor \(quoted(tensor)) has the type \(dtype.rawValue), but F32, F16, BF16 or F64 is needed here"
        case .unsupportedTensor(let name, let kind):
            "its tensor \(quoted(name)) is \(kind), which is not read; save plain values in Python: "
                + "tensor.dequantize(), tensor.to_dense() or tensor.cpu().clone() make such"
        case .unknownByteOrder(let order):
            "its entry byteorder is \(quoted(order)); little is expected: it is damaged or not of torch.save"
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
        case .otherName(let name): "the entry that its directory calls \(quoted(name)) has another name at its position"
        case .nameTwice(let name): "two entries have the name \(quoted(name))"
        case .noPickle: "it has no entry data.pkl in its one folder, so it is not a PyTorch checkpoint"
        }
    }
}

extension PickleProblem {
    fileprivate var text: String {
        switch self {
        case .unknownOpcode(let byte): "the instruction \(byte) is not one that torch.save writes"
        case .protocolTooNew(let version): "it has the protocol \(version); up to 5 are known"
        case .frameTooLong: "a frame is longer than the rest of the file"
        case .emptyStack: "a value is missing"
        case .noMark: "a mark is missing"
        case .notInMemo(let position): "nothing is stored under the number \(position)"
        case .tooManyValues(let limit): "it makes more than \(limit) values"
        case .unexpected(let expected): "\(expected) is expected there"
        case .tensorBeyondStorage(let shape, let strides, let offset, let storage):
            "a tensor of shape \(abbreviated("\(shape)")), strides \(abbreviated("\(strides)")) and offset \(offset) does not "
                + "fit its storage of \(pluralized(storage, "element"))"
        }
    }
}

extension PyTorchError {
    public var category: ErrorCategory {
        switch problem {
        case .noTensor: .notFound
        case .torchScript, .bigEndian, .notFloats, .forbidden, .unsupportedTensor: .unsupported
        case .pickleTooLong, .tooManyElements, .pickle(.tooManyValues, at: _), .archive(.directoryTooLarge): .limit
        case .pickle(.protocolTooNew, at: _), .archive(.encrypted), .archive(.compressed): .unsupported
        default: .invalid
        }
    }
}
