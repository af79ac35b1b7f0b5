/// The memory and computation that a network needs for one image, counted before anything is allocated or computed.
///
/// Each layer is bounded by itself, but a `.cfg` may have thousands of them, all retained for a route at the end.
struct DarknetBudget {
    /// Floats in memory at the same time: 4 GiB.
    static let maxElements = 1 << 30
    /// Multiplications. YOLOv4 needs 6.4 · 10^10 for an image of 608 × 608.
    static let maxOperations = 10_000_000_000_000

    private(set) var peakElements = 0
    private(set) var operations = 0

    /// - Parameter uses: for each layer, how many later ones read its output, which is retained until then.
    /// - Throws: `DarknetError` naming the layer that exceeds a limit.
    init(_ layers: [DarknetLayer], uses: [Int], input: DarknetLayer.Size) throws(DarknetError) {
        var kept = input.count
        var previous = 0
        var left = uses
        for (index, layer) in layers.enumerated() {
            peakElements = max(peakElements, kept + previous + layer.workElements)
            operations += layer.operations
            try check(layer)
            let stays = left[index] > 0 || layer.isHead
            if stays { kept += layer.output.count }
            previous = stays ? 0 : layer.output.count
            for reference in layer.references {
                left[reference] -= 1
                if left[reference] == 0, !layers[reference].isHead { kept -= layers[reference].output.count }
            }
        }
    }

    private func check(_ layer: DarknetLayer) throws(DarknetError) {
        guard peakElements <= Self.maxElements else {
            throw DarknetError(
                layer.location,
                .invalid(
                    "the layers up to here keep \(peakElements) numbers in memory, at most \(Self.maxElements) are "
                        + "allowed: a smaller input may do"))
        }
        guard operations <= Self.maxOperations else {
            throw DarknetError(
                layer.location,
                .invalid(
                    "the layers up to here take \(operations) multiplications for an image, at most "
                        + "\(Self.maxOperations) are allowed: a smaller input may do"))
        }
    }
}

extension DarknetLayer {
    fileprivate var isHead: Bool { if case .yolo = kind { true } else { false } }

    /// Floats allocated while it runs: its output and intermediate results.
    fileprivate var workElements: Int {
        switch kind {
        case .convolution, .maxPool: output.count
        case .upsample(_, let scale): scale == 1 ? output.count : 3 * output.count
        case .route: 2 * output.count
        case .shortcut: 3 * output.count
        case .dropout, .yolo: 0
        }
    }

    /// The approximate number of multiplications or other elementary steps. Below 2^59, as sizes and parameters are
    /// limited.
    fileprivate var operations: Int {
        switch kind {
        case .convolution(let convolution): output.count * (convolution.kernelCount / convolution.filters)
        case .maxPool(let geometry): output.count * (geometry.y.kernel + geometry.x.kernel)
        case .shortcut(let layers, _): output.count * layers.count
        case .upsample, .route, .dropout, .yolo: output.count
        }
    }
}
