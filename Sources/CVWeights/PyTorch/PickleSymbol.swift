import CVNN

/// A name that a pickle may mention. Nothing is looked up by it: any other name is an error.
enum PickleSymbol: Sendable {
    /// `collections.OrderedDict` and `dict`.
    case dictionary
    /// `torch._utils._rebuild_tensor`, `_rebuild_tensor_v2` and `_rebuild_tensor_v3`: a view of a storage.
    case rebuildTensor(TensorForm)
    /// `torch._utils._rebuild_parameter` and `_rebuild_parameter_with_state`: its tensor.
    case rebuildParameter
    /// `torch._tensor._rebuild_from_type_v2`: the tensor that another of these functions makes.
    case rebuildFromType
    /// `torch._utils._rebuild_device_tensor_from_cpu_tensor`: its tensor.
    case rebuildOnDevice
    /// A function that makes a tensor of a kind that is not read; the text says what kind.
    case rebuildOther(String)
    /// `torch.FloatStorage` and the other storage types.
    case storage(SafetensorsDType)
    /// A class or function from training state: calling it results in `PickleValue.opaque`.
    case opaque(String)

    /// The form of the arguments of a tensor.
    enum TensorForm: Sendable {
        /// `(storage, offset, sizes, strides)`.
        case v1
        /// `(storage, offset, sizes, strides, requires_grad, hooks, metadata)`; the last may be missing.
        case v2
        /// `(storage, offset, sizes, strides, requires_grad, hooks, dtype, metadata)`, of a storage of bytes.
        case v3
    }

    /// nil for any other name.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"), ("builtins", "dict"), ("__builtin__", "dict"): self = .dictionary
        case ("torch._utils", _) where Self.rebuilding[name] != nil: self = Self.rebuilding[name]!
        case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildFromType
        case ("torch.storage", "UntypedStorage"): self = .storage(.u8)
        case ("torch", _):
            if let dtype = Self.storages[name] {
                self = .storage(dtype)
            } else if Self.torchNames.contains(name) || Self.dtypes[name] != nil {
                self = .opaque("torch." + name)
            } else {
                return nil
            }
        case _ where Self.isHarmless(module, name): self = .opaque(module + "." + name)
        default: return nil
        }
    }

    private static let rebuilding: [String: PickleSymbol] = [
        "_rebuild_tensor": .rebuildTensor(.v1), "_rebuild_tensor_v2": .rebuildTensor(.v2),
        "_rebuild_tensor_v3": .rebuildTensor(.v3),
        "_rebuild_parameter": .rebuildParameter, "_rebuild_parameter_with_state": .rebuildParameter,
        "_rebuild_device_tensor_from_cpu_tensor": .rebuildOnDevice,
        "_rebuild_qtensor": .rebuildOther("quantized"), "_rebuild_sparse_tensor": .rebuildOther("sparse"),
        "_rebuild_sparse_csr_tensor": .rebuildOther("sparse"), "_rebuild_nested_tensor": .rebuildOther("nested"),
        "_rebuild_meta_tensor_no_storage": .rebuildOther("without values (of the device meta)"),
        "_rebuild_wrapper_subclass": .rebuildOther("of a class of its own"),
        "_rebuild_device_tensor_from_numpy": .rebuildOther("made of a NumPy array"),
        "_rebuild_xla_tensor": .rebuildOther("made of a NumPy array"),
    ]

    /// The element type that `torch.NAME` is; nil if there is no such, or none that can be stored.
    static func dtype(_ name: String) -> SafetensorsDType? { dtypes[name] }

    private static let dtypes: [String: SafetensorsDType] = [
        "float32": .f32, "float": .f32, "float64": .f64, "double": .f64, "float16": .f16, "half": .f16,
        "bfloat16": .bf16, "int64": .i64, "long": .i64, "int32": .i32, "int": .i32, "int16": .i16, "short": .i16,
        "int8": .i8, "uint8": .u8, "bool": .bool, "uint16": .u16, "uint32": .u32, "uint64": .u64, "complex64": .c64,
        "float8_e4m3fn": .f8E4M3, "float8_e5m2": .f8E5M2, "float8_e4m3fnuz": .f8E4M3FNUZ,
        "float8_e5m2fnuz": .f8E5M2FNUZ, "float8_e8m0fnu": .f8E8M0,
    ]

    private static let storages: [String: SafetensorsDType] = [
        "FloatStorage": .f32, "DoubleStorage": .f64, "HalfStorage": .f16, "BFloat16Storage": .bf16,
        "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8, "ByteStorage": .u8,
        "BoolStorage": .bool, "ComplexFloatStorage": .c64, "UntypedStorage": .u8,
        // Of quantized tensors.
        "QInt8Storage": .i8, "QUInt8Storage": .u8, "QInt32Storage": .i32, "QUInt4x2Storage": .u8,
        "QUInt2x4Storage": .u8,
    ]

    private static let torchNames: Set<String> = [
        "Size", "device", "dtype", "strided", "complex128", "Tensor", "per_tensor_affine", "per_channel_affine",
        "qint8",
        "quint8", "qint32", "sparse_coo", "sparse_csr",
    ]

    /// Plain data: numbers, dates, paths, settings, and the state of optimizers and schedules.
    private static func isHarmless(_ module: String, _ name: String) -> Bool {
        if harmlessNames[module]?.contains(name) ?? false { return true }
        return harmlessModules.contains { module == $0 || module.hasPrefix($0 + ".") }
    }

    private static let harmlessModules = ["torch.optim", "datetime", "decimal", "omegaconf"]

    private static let data: Set<String> = [
        "set", "frozenset", "list", "tuple", "int", "float", "complex", "bool", "str", "bytes", "bytearray", "slice",
        "range", "object",
    ]

    private static let array: Set<String> = ["scalar", "_reconstruct"]

    private static let harmlessNames: [String: Set<String>] = [
        "builtins": data, "__builtin__": data,
        "_codecs": ["encode"],
        "argparse": ["Namespace"],
        "types": ["SimpleNamespace"],
        "collections": ["defaultdict", "Counter", "deque"],
        "numpy": ["dtype", "ndarray"],
        "numpy.dtypes": ["Float64DType", "Float32DType", "Int64DType", "Int32DType", "BoolDType"],
        "numpy.core.multiarray": array, "numpy._core.multiarray": array,
        "pathlib": ["Path", "PosixPath", "WindowsPath", "PurePosixPath"],
        "pathlib._local": ["PosixPath", "WindowsPath"],
        "torch.nn.parameter": ["Parameter"],
        "torch.serialization": ["_get_layout"],
    ]
}
