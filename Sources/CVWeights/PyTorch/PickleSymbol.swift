import CVNN

/// A name that a pickle may mention. Nothing is looked up by it: any other name is an error.
enum PickleSymbol: Sendable {
    /// `collections.OrderedDict` and `dict`.
    case dictionary
    /// `torch._utils._rebuild_tensor` and `_rebuild_tensor_v2`: a view of a storage.
    case rebuildTensor
    /// `torch._utils._rebuild_parameter`: its tensor.
    case rebuildParameter
    /// `torch.FloatStorage` and the other storage types.
    case storage(SafetensorsDType)
    /// A class or function from training state: calling it results in `PickleValue.opaque`.
    case opaque(String)

    /// nil for any other name.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"), ("builtins", "dict"), ("__builtin__", "dict"): self = .dictionary
        case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", _):
            if let dtype = Self.storages[name] {
                self = .storage(dtype)
            } else if Self.torchNames.contains(name) {
                self = .opaque("torch." + name)
            } else {
                return nil
            }
        case _ where Self.isHarmless(module, name): self = .opaque(module + "." + name)
        default: return nil
        }
    }

    private static let storages: [String: SafetensorsDType] = [
        "FloatStorage": .f32, "DoubleStorage": .f64, "HalfStorage": .f16, "BFloat16Storage": .bf16,
        "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8, "ByteStorage": .u8,
        "BoolStorage": .bool,
    ]

    private static let torchNames: Set<String> = [
        "Size", "device", "dtype", "strided", "float32", "float", "float64", "double", "float16", "half", "bfloat16",
        "int64", "long", "int32", "int", "int16", "short", "int8", "uint8", "bool", "complex64", "complex128",
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
        "torch._utils": ["_rebuild_sparse_tensor", "_rebuild_qtensor", "_rebuild_device_tensor_from_numpy"],
        "torch.nn.parameter": ["Parameter"],
        "torch.serialization": ["_get_layout"],
    ]
}
