/// A value that a pickle builds: data and names, never an object with behavior.
///
/// Containers are indices into a `PickleHeap`, not references: however deep or circular a file makes them, nothing here
/// recurses through them.
enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    /// An integer of more than 64 bits, little-endian.
    case long([UInt8])
    case string(String)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    case symbol(PickleSymbol)
    case storage(Int)
    case tensor(Int)
    /// A tensor of a kind that is not read; the text says what kind.
    case otherTensor(String)
    /// The name of something that no tensor depends on, such as a learning rate or an optimizer's settings.
    case opaque(String)
}

/// All containers, storages and tensors of a pickle.
struct PickleHeap {
    /// A member of a dictionary; those whose key is not a string are dropped.
    struct Member {
        let key: String
        let value: PickleValue
    }

    /// Tuples and lists.
    var sequences: [[PickleValue]] = []
    var dictionaries: [[Member]] = []
    var storages: [TorchStorage] = []
    var tensors: [TorchTensor] = []

    /// The elements of a tuple or list; nil for anything else.
    func sequence(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .tuple(let position), .list(let position): sequences[position]
        default: nil
        }
    }

    func members(_ value: PickleValue) -> [Member]? {
        if case .dictionary(let position) = value { dictionaries[position] } else { nil }
    }

    /// The elements of a tuple or list of non-negative integers, one for each dimension; nil for anything else.
    func sizes(_ value: PickleValue) -> [Int]? {
        guard let elements = sequence(value), elements.count <= TorchTensor.maxDimensions else { return nil }
        let sizes = elements.compactMap { element -> Int? in
            if case .integer(let size) = element, size >= 0 { size } else { nil }
        }
        return sizes.count == elements.count ? sizes : nil
    }
}

/// Contiguous elements of one type, of which tensors are views.
struct TorchStorage: Sendable {
    let key: String
    let dtype: SafetensorsDType
    let count: Int
}

/// A view of a storage, in elements.
struct TorchTensor: Sendable {
    let storage: TorchStorage
    let offset: Int
    let shape: [Int]
    let strides: [Int]
    /// Whether its values are those of the storage with the opposite sign: the neg bit of PyTorch.
    var isNegated = false
    let count: Int
    /// The number of elements from the first to the last that the view covers; 0 for a tensor without elements.
    let extent: Int

    /// PyTorch's own limit.
    static let maxDimensions = 64

    /// nil unless every element lies within the storage.
    init?(_ storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]) {
        guard shape.count == strides.count, shape.count <= Self.maxDimensions, (0...storage.count).contains(offset)
        else { return nil }
        // The product of the non-zero dimensions must not overflow either, so that any partial product is safe.
        var (product, last) = (1, 0)
        for (size, stride) in zip(shape, strides) where size > 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            let (step, stepOverflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, sumOverflow) = last.addingReportingOverflow(step)
            if overflow || stepOverflow || sumOverflow { return nil }
            (product, last) = (next, sum)
        }
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides
        count = shape.contains(0) ? 0 : product
        if count > 0, last >= storage.count - offset { return nil }
        extent = count == 0 ? 0 : last + 1
    }

    /// Whether its elements are contiguous in row-major order.
    var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            if stride != expected { return false }
            expected *= size
        }
        return true
    }
}
