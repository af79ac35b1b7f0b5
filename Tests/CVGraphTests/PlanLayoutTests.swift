import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// Steps that share memory: borders, parts of concatenations, slices, and results in place of their inputs.
@Suite("Plans: values that share memory") struct PlanLayoutTests {
    private typealias Layer = SeededLayer

    /// Compares plans of a network under every instruction set, with direct sums and with each size of Winograd's tiles.
    private static func check(
        _ shape: Shape, sourceLocation: SourceLocation = #_sourceLocation, _ body: (Tensor) -> [Tensor]
    ) {
        let graph = Graph(capturing: shape, body)
        for isa in InstructionSet.available {
            for (tile, tolerance) in [(0, 1e-5), (4, 1e-4), (6, 1e-3)] as [(Int, Float)] {
                let error = graph.planError(nil, isa, winogradTile: tile)
                #expect(error < tolerance, "\(isa), \(tile)", sourceLocation: sourceLocation)
            }
        }
    }

    private static func window(_ x: Tensor, _ y: ConvGeometry.Axis, _ columns: ConvGeometry.Axis) -> Tensor {
        conv2d(
            x, seededWeight(seed: 3, [17, x.shape[1], y.kernel, columns.kernel]), ConvGeometry(y: y, x: columns))
    }

    @Test("a border beside an image of one row, which a 1×1 convolution wrote")
    func borderOfOneRow() {
        for columns in [1, 2, 9, 40] {
            Self.check([2, 24, 1, columns]) {
                let y = Layer.conv($0, 40, kernel: 1)
                return [Self.window(y, .init(kernel: 1), .init(kernel: 7, padding: (3, 3)))]
            }
            Self.check([1, 24, 1, columns]) { x in
                let y = Layer.conv(x, 40, kernel: 1)
                let z = Layer.conv(Activation.silu(y), 40, kernel: 1, seed: 9) + y
                return [Self.window(z, .init(kernel: 1), .init(kernel: 3, padding: (2, 1))), z]
            }
        }
    }

    @Test("a border that is only above, below, left or right")
    func bordersOfOneSide() {
        for sides in [(3, 0, 0, 0), (0, 3, 0, 0), (0, 0, 3, 0), (0, 0, 0, 3), (1, 0, 0, 2)] {
            let rows = ConvGeometry.Axis(kernel: 4, padding: (sides.0, sides.1))
            let columns = ConvGeometry.Axis(kernel: 4, padding: (sides.2, sides.3))
            Self.check([2, 20, 6, 5]) { [Self.window(Layer.conv($0, 18), rows, columns)] }
            Self.check([2, 3, 6, 5]) { [Self.window($0, rows, columns)] }
        }
    }

    /// Every step that writes blocks writes the zeros beside them.
    @Test("a border around the result of every step")
    func bordersAfterEveryStep() {
        let steps: [(Tensor) -> Tensor] = [
            { Layer.conv($0, 18) }, { Layer.conv($0, 18, kernel: 1) }, { Activation.silu($0) }, { Layer.norm($0) },
            { $0 + Activation.tanh($0) }, { maxPool2d($0, ConvGeometry(kernel: 2)) },
            { averagePool2d($0, ConvGeometry(kernel: 3, stride: 2, padding: 1)) }, { globalAveragePool2d($0) },
            { adaptiveAveragePool2d($0, height: 3, width: 4) }, { upsampleNearest($0, factor: 2) },
            { upsampleBilinear($0, height: 9, width: 4) }, { $0.subsampled(stride: 2) },
            { concatenate([Activation.tanh($0), Activation.silu($0)]) }, { $0.sliced(channels: 16..<20) },
            { conv2d($0, seededWeight(seed: 1, [20, 1, 3, 3]), ConvGeometry(kernel: 3, padding: 1, groups: 20)) },
            { convTranspose2d($0, seededWeight(seed: 1, [20, 18, 2, 2]), ConvGeometry(kernel: 2, stride: 2)) },
            { convTranspose2d($0, seededWeight(seed: 1, [20, 18, 2, 2]), ConvGeometry(kernel: 2, stride: 3)) },
            { softmax($0, dimension: 1) },
            {
                let hidden = Activation.relu(Layer.conv(globalAveragePool2d($0), 6, kernel: 1))
                return $0 * Activation.sigmoid(Layer.conv(hidden, 20, kernel: 1))
            },
        ]
        for step in steps {
            Self.check([2, 20, 6, 5]) {
                let y = step(Layer.conv($0, 20, seed: 30))
                return [Self.window(y, .init(kernel: 2, padding: (2, 1)), .init(kernel: 3, padding: (1, 3)))]
            }
            Self.check([2, 20, 6, 5]) {
                [Self.window(step($0), .init(kernel: 2, padding: (2, 1)), .init(kernel: 3, padding: (1, 3)))]
            }
        }
    }

    /// As many rows and channels as several tasks share: each begins at a row of its own in both.
    @Test("a residual that has another border than the result")
    func bordersOfResiduals() {
        for kernel in [1, 3] {
            // The result has a border, the residual has none; then the other way round.
            Self.check([2, 96, 40, 41]) {
                let shortcut = Activation.tanh(Layer.conv($0, 96, kernel: 1, seed: 30))
                return [Layer.conv(Layer.conv($0, 96, kernel: kernel) + shortcut, 17)]
            }
            Self.check([2, 96, 40, 41]) {
                let shortcut = Activation.tanh(Layer.conv($0, 96, kernel: 1, seed: 30))
                return [Layer.conv($0, 96, kernel: kernel) + shortcut, Layer.conv(shortcut, 17)]
            }
        }
    }

    @Test("convolutions that ask for different borders of one value")
    func bordersOfSeveralReaders() {
        Self.check([2, 20, 7, 6]) {
            let y = Activation.relu(Layer.conv($0, 33))
            return [
                Layer.conv(y, 17), Layer.conv(y, 17, kernel: 5), Layer.conv(y, 17, kernel: 1),
                conv2d(
                    y, seededWeight(seed: 1, [9, 33, 3, 3]), ConvGeometry(kernel: 3, stride: 2, padding: 4, dilation: 2)
                ),
                Activation.tanh(y),
            ]
        }
        Self.check([2, 3, 7, 6]) { [Layer.conv($0, 17), Layer.conv($0, 17, kernel: 7), Layer.conv($0, 4, kernel: 1)] }
    }

    @Test("concatenations of aligned channels are written in place, those of others are copied")
    func concatenations() {
        func graph(_ channels: [Int]) -> Graph {
            Graph(capturing: [2, 20, 6, 5]) { x in
                [concatenate(channels.enumerated().map { Layer.conv(x, $1, kernel: 1, seed: UInt64($0)) })]
            }
        }
        for isa in InstructionSet.available {
            let lanes = isa.lanes
            for channels in [[lanes, 2 * lanes, 3], [3, lanes], [lanes + 1, lanes - 1, lanes], [lanes, lanes]] {
                #expect(graph(channels).planError(nil, isa) < 1e-5, "\(channels), \(isa)")
            }
            let aligned = InferencePlan(graph([lanes, 2 * lanes, 3]).optimized(), PlanOptions(isa)).stepNames
            #expect(!aligned.contains { $0.hasPrefix("copy") || $0.hasPrefix("concatenate") }, "\(isa)")
            let others = InferencePlan(graph([3, lanes]).optimized(), PlanOptions(isa)).stepNames
            #expect(others.contains { $0.hasPrefix("concatenate") }, "\(isa)")
        }
    }

    @Test("parts of concatenations that others read, that stand twice, and that are concatenations")
    func sharedParts() {
        Self.check([2, 16, 6, 5]) { x in
            let a = Layer.conv(x, 16)
            let b = Layer.conv(a, 16, seed: 20)
            let joined = concatenate([a, b, a])
            let more = concatenate([joined, Activation.relu(b)])
            return [Layer.conv(more, 17, seed: 40), Layer.norm(joined), b]
        }
        // Densely connected: each step reads all before.
        Self.check([2, 16, 6, 5]) { x in
            var all = Layer.conv(x, 32)
            for seed in 1...4 {
                let y = Layer.conv(Activation.relu(Layer.norm(all, seed: UInt64(seed))), 16, seed: UInt64(seed * 9))
                all = concatenate([all, y])
            }
            return [all]
        }
        // An input, a slice and a value in place of its input.
        Self.check([2, 16, 6, 5]) { x in
            let y = Layer.conv(x, 48)
            let part = y.sliced(channels: 16..<32)
            return [concatenate([x, part, Activation.silu(Layer.conv(x, 16, seed: 8))]), Layer.conv(part, 5)]
        }
    }

    @Test("slices that begin at a block of channels, and others")
    func slices() {
        for channels in [0..<16, 16..<32, 16..<20, 0..<3, 5..<21, 32..<40] {
            Self.check([2, 20, 6, 5]) {
                let part = Layer.conv($0, 40).sliced(channels: channels)
                return [Activation.silu(part), Layer.conv(part, 7), part]
            }
        }
        // Channels divided, changed and put together again.
        Self.check([2, 32, 6, 5]) { x in
            let y = Layer.conv(x, 64)
            let (left, right) = (y.sliced(channels: 0..<32), y.sliced(channels: 32..<64))
            return [Layer.conv(concatenate([left, Layer.conv(right, 32) + right]), 16), Activation.relu(left) * 2]
        }
    }

    @Test("a value that a step could overwrite, but others still read")
    func valuesReadLater() {
        Self.check([2, 20, 6, 5]) {
            let y = Layer.conv($0, 20)
            let z = Activation.silu(y)
            return [z + y, Activation.tanh(z)]
        }
        Self.check([2, 20, 6, 5]) {
            let y = maxPool2d($0, ConvGeometry(kernel: 2))
            return [Activation.silu(y), Activation.tanh(y), y, y + y, Layer.norm(y)]
        }
    }

    @Test("copies are as few as they can be: a plan of convolutions has two, of the input and of the result")
    func reorders() {
        let graph = Graph(capturing: [1, 64, 14, 14]) { x in
            let y = Activation.relu(Layer.norm(Layer.conv(x, 64)))
            return [Activation.relu(Layer.norm(Layer.conv(y, 64, seed: 9)) + x)]
        }
        let names = InferencePlan(graph.optimized()).stepNames
        #expect(names.count == 4 && names.filter { $0 == "reorder" }.count == 2, "\(names)")
    }
}
