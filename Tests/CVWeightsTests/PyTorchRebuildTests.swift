import CVWeights
import Testing

/// Every argument of the functions by which `torch.save` stores tensors is used, or refused.
@Suite struct PyTorchRebuildTests {
    private static let storage =
        Pickle.tuple(
            Pickle.text("storage"), Pickle.name("torch", "FloatStorage"), Pickle.text("0"), Pickle.text("cpu"),
            Pickle.integer(4)) + Array("Q".utf8)
    private static let none: [UInt8] = Array("N".utf8), yes: [UInt8] = [0x88], no: [UInt8] = [0x89]
    private static let reduce = Array("R".utf8)
    private static let hooks = Array("}".utf8)

    private static func sizes(_ values: Int...) -> [UInt8] {
        Array("(".utf8) + values.flatMap(Pickle.integer) + Array("t".utf8)
    }

    /// `torch._utils.NAME(storage, 0, (4,), (1,), …)`.
    private static func tensor(_ name: String, _ rest: [UInt8]..., storage: [UInt8] = storage) -> [UInt8] {
        Pickle.name("torch._utils", name)
            + Pickle.tuple(storage, Pickle.integer(0), sizes(4), sizes(1), rest.flatMap { $0 }) + reduce
    }

    private func floats(_ tensor: [UInt8]) throws -> [Float] {
        try PyTorchCheckpoint(checkpoint(pickle: Pickle.dictionary([("a", tensor)])).bytes).floats("a")
    }

    private func problem(_ tensor: [UInt8]) throws -> PyTorchError.Problem? {
        #expect(throws: PyTorchError.self) { try floats(tensor) }?.problem
    }

    @Test("PyTorch: the neg bit changes the sign of the values") func negatedTensorsAreNegated() throws {
        func tensor(_ metadata: [UInt8]) -> [UInt8] { Self.tensor("_rebuild_tensor_v2", Self.no, Self.hooks, metadata) }
        #expect(try floats(tensor(Pickle.dictionary([("neg", Self.yes)]))) == [-1, -2, -3, -4])
        #expect(try floats(tensor(Pickle.dictionary([("neg", Self.no)]))) == [1, 2, 3, 4])
        #expect(try floats(tensor(Self.none)) == [1, 2, 3, 4])
        for unknown in [
            Pickle.dictionary([("conj", Self.yes)]), Pickle.dictionary([("scale", Pickle.integer(2))]),
            Pickle.text("neg"),
            Pickle.dictionary([("neg", Pickle.integer(1))]),
        ] {
            guard case .pickle(.unexpected, at: _)? = try problem(tensor(unknown)) else {
                Issue.record("\(unknown) was accepted")
                continue
            }
        }
    }

    @Test("PyTorch: a view that is not contiguous is negated, too") func viewsAreNegated() throws {
        let view =
            Pickle.name("torch._utils", "_rebuild_tensor_v2")
            + Pickle.tuple(
                Self.storage, Pickle.integer(0), Self.sizes(2, 2), Self.sizes(1, 2), Self.no, Self.hooks,
                Pickle.dictionary([("neg", Self.yes)])) + Self.reduce
        #expect(try floats(view) == [-1, -3, -2, -4])
    }

    @Test("PyTorch: tensors of all versions are read, with as many arguments as they have") func allVersionsAreRead()
        throws
    {
        #expect(try floats(Self.tensor("_rebuild_tensor")) == [1, 2, 3, 4])
        #expect(try floats(Self.tensor("_rebuild_tensor_v2", Self.no)) == [1, 2, 3, 4])
        let bytes =
            Pickle.tuple(
                Pickle.text("storage"), Pickle.name("torch.storage", "UntypedStorage"), Pickle.text("0"),
                Pickle.text("cpu"), Pickle.integer(16)) + Array("Q".utf8)
        func v3(_ dtype: String, _ rest: [UInt8]...) -> [UInt8] {
            Self.tensor(
                "_rebuild_tensor_v3", Self.no, Self.hooks, Pickle.name("torch", dtype), rest.flatMap { $0 },
                storage: bytes)
        }
        #expect(try floats(v3("float32")) == [1, 2, 3, 4])
        #expect(try floats(v3("float32", Pickle.dictionary([("neg", Self.yes)]))) == [-1, -2, -3, -4])
        #expect(try problem(v3("float8_e4m3fn")) == .notFloats(tensor: "a", dtype: .f8E4M3))
        for wrong in [
            Self.tensor("_rebuild_tensor", Self.no), v3("float64"), v3("strided"),
            Self.tensor("_rebuild_tensor_v2", Self.no, Self.hooks, Self.none, Self.none),
        ] {
            guard case .pickle? = try problem(wrong) else {
                Issue.record("\(wrong) was accepted")
                continue
            }
        }
    }

    @Test("PyTorch: parameters and tensors with attributes are their tensors") func wrappedTensorsAreRead() throws {
        let plain = Self.tensor("_rebuild_tensor_v2", Self.no, Self.hooks)
        let parameter =
            Pickle.name("torch._utils", "_rebuild_parameter_with_state")
            + Pickle.tuple(plain, Self.yes, Self.hooks, Self.hooks) + Self.reduce
        #expect(try floats(parameter) == [1, 2, 3, 4])
        let arguments = Pickle.tuple(
            Self.storage, Pickle.integer(0), Self.sizes(4), Self.sizes(1), Self.no, Self.hooks,
            Pickle.dictionary([("neg", Self.yes)]))
        func ofType(_ module: String, _ name: String) -> [UInt8] {
            Pickle.name("torch._tensor", "_rebuild_from_type_v2")
                + Pickle.tuple(
                    Pickle.name("torch._utils", "_rebuild_tensor_v2"), Pickle.name(module, name), arguments, Self.hooks)
                + Self.reduce
        }
        #expect(try floats(ofType("torch", "Tensor")) == [-1, -2, -3, -4])
        #expect(try problem(ofType("mine", "Tensor")) == .forbidden("mine.Tensor"))
        func onDevice(_ dtype: String) -> [UInt8] {
            Pickle.name("torch._utils", "_rebuild_device_tensor_from_cpu_tensor")
                + Pickle.tuple(plain, Pickle.name("torch", dtype), Pickle.text("xla:0"), Self.no) + Self.reduce
        }
        #expect(try floats(onDevice("float32")) == [1, 2, 3, 4])
        guard case .pickle? = try problem(onDevice("float16")) else {
            Issue.record("another element type was accepted")
            return
        }
    }

    @Test(
        "PyTorch: tensors of other kinds are refused by name",
        arguments: [
            "_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_meta_tensor_no_storage",
            "_rebuild_wrapper_subclass",
            "_rebuild_device_tensor_from_numpy", "_rebuild_nested_tensor",
        ]) func otherKindsAreRefused(function: String) throws
    {
        let other = Pickle.name("torch._utils", function) + Pickle.tuple(Self.storage) + Self.reduce
        let plain = Self.tensor("_rebuild_tensor_v2", Self.no, Self.hooks)
        for members in [[("a", other)], [("a", plain), ("b", other)]] {
            let error = #expect(throws: PyTorchError.self) {
                try PyTorchCheckpoint(checkpoint(pickle: Pickle.dictionary(members)).bytes)
            }
            guard case .unsupportedTensor(members.last!.0, kind: _)? = error?.problem else {
                Issue.record("\(error as Any)")
                continue
            }
        }
    }

    /// `Tensor.__setstate__` replaces the values.
    @Test("PyTorch: no state is set on a tensor that exists") func tensorsHaveNoOtherState() throws {
        let plain = Self.tensor("_rebuild_tensor_v2", Self.no, Self.hooks)
        guard case .pickle(.unexpected, at: _)? = try problem(plain + Self.hooks + Array("b".utf8)) else {
            Issue.record("the state was dropped")
            return
        }
    }

    @Test("PyTorch: the byte order must be little") func otherByteOrdersAreRefused() throws {
        func problem(_ order: String) throws -> PyTorchError.Problem? {
            var zip = checkpoint(pickle: Pickle.dictionary([("a", Pickle.tensor())]))
            zip.entries[1].bytes = Array(order.utf8)
            return #expect(throws: PyTorchError.self) { try PyTorchCheckpoint(zip.bytes) }?.problem
        }
        #expect(try problem("big") == .bigEndian)
        #expect(try problem("middle") == .unknownByteOrder("middle"))
    }

    /// Otherwise a mark points beyond the end of the stack.
    @Test("PyTorch: values below a mark are out of reach") func valuesBelowAMarkAreOutOfReach() throws {
        for program in ["NN(0", "NN(00t", "NN(00l"] {
            let error = #expect(throws: PyTorchError.self) {
                try PyTorchCheckpoint(checkpoint(pickle: Array(program.utf8)).bytes)
            }
            guard case .pickle(.emptyStack, at: _)? = error?.problem else {
                Issue.record("\(program): \(error as Any)")
                return
            }
        }
    }
}
