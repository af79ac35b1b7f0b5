import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// Convolutions of every kind through plans, against their definition.
@Suite("Plans of one convolution") struct ConvolutionPlanTests {
    private static let channels = [1, 3, 5, 16, 17, 24, 33, 64]
    private static let windows = [(1, 1), (2, 2), (3, 3), (5, 5), (7, 7), (1, 7), (7, 1)]

    /// One direction of a window that has at least one position.
    private static func axis(
        _ draw: inout Draw, kernel: Int, stride: Int, size: Int, dilations: [Int] = [1, 1, 1, 2]
    ) -> ConvGeometry.Axis {
        while true {
            let dilation = draw(of: dilations)
            let reach = dilation * (kernel - 1)
            // Up to the whole window, and now and then more than that.
            let padding = (draw(of: 0...reach + 1), draw(of: 0...reach + 1))
            let axis = ConvGeometry.Axis(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
            if axis.outputSize(size) > 0 { return axis }
        }
    }

    /// A graph of one node: x and a residual to the convolution of x.
    private static func graph(
        _ x: Shape, weight: Shape, _ geometry: ConvGeometry, _ activation: Activation, hasBias: Bool,
        hasResidual: Bool, transposed: (y: Int, x: Int)? = nil
    ) -> Graph {
        let channels = transposed == nil ? weight[0] : weight[1] * geometry.groups
        let convolution = FusedConvolution.made(
            geometry, weight: seededWeight(seed: 11, weight),
            bias: hasBias ? seededTensor(seed: 12, [channels]) : nil, transposed: transposed, activation,
            hasResidual: hasResidual)
        let result = convolution.applied(to: Tensor(repeating: 0, shape: x)).shape
        var graph = Graph()
        let inputs = [graph.addInput(x)] + (hasResidual ? [graph.addInput(result)] : [])
        graph.outputs = [graph.append(.convolution(convolution), inputs, result)]
        return graph
    }

    private static func describe(_ graph: Graph) -> String {
        "\(graph.names[0]) of \(graph.values[0].shape) → \(graph.values[graph.outputs[0]].shape)"
    }

    @Test(
        "convolution: windows, strides, dilations, padding and residuals", arguments: windows,
        InstructionSet.available)
    func everyWindow(_ window: (Int, Int), _ isa: InstructionSet) {
        var draw = Draw(seed: UInt64(window.0 * 10 + window.1))
        for (stride, sample) in (1...3).flatMap({ stride in (0..<14).map { (stride, $0) } }) {
            let (rows, columns) = (draw(of: 1...20), draw(of: 1...20))
            let geometry = ConvGeometry(
                y: Self.axis(&draw, kernel: window.0, stride: stride, size: rows),
                x: Self.axis(&draw, kernel: window.1, stride: draw.chance(80) ? stride : 1, size: columns))
            let (cin, cout) = (draw(of: Self.channels), draw(of: Self.channels))
            let graph = Self.graph(
                [draw(of: 1...3), cin, rows, columns], weight: [cout, cin, window.0, window.1], geometry,
                draw(of: Activation.allForTests), hasBias: draw.chance(70), hasResidual: draw.chance(30))
            #expect(graph.planError(graph, isa) < 1e-5, "\(sample): \(Self.describe(graph)), \(geometry)")
        }
    }

    @Test("convolution: every activation after every algorithm", arguments: InstructionSet.available)
    func activations(_ isa: InstructionSet) {
        for (activation, hasResidual) in Activation.allForTests.flatMap({ [($0, false), ($0, true)] }) {
            func check(_ geometry: ConvGeometry, weight: Shape, tile: Int, _ tolerance: Float) {
                let graph = Self.graph(
                    [2, 33, 9, 11], weight: weight, geometry, activation, hasBias: true, hasResidual: hasResidual)
                #expect(graph.planError(graph, isa, winogradTile: tile) < tolerance, "\(graph.names), \(tile)")
            }
            check(ConvGeometry(kernel: 1), weight: [17, 33, 1, 1], tile: 0, 1e-5)
            check(ConvGeometry(kernel: 3, padding: 1), weight: [17, 33, 3, 3], tile: 0, 1e-5)
            check(ConvGeometry(kernel: 3, padding: 1), weight: [17, 33, 3, 3], tile: 4, 1e-4)
            check(ConvGeometry(kernel: 3, padding: 1), weight: [17, 33, 3, 3], tile: 6, 1e-3)
            check(ConvGeometry(kernel: 3, padding: 1, groups: 33), weight: [33, 1, 3, 3], tile: 0, 1e-5)
            check(ConvGeometry(kernel: 3, padding: 1, groups: 3), weight: [18, 11, 3, 3], tile: 0, 1e-5)
        }
    }

    @Test(
        "convolution: Winograd's transforms on sides of 1 to 20 and any padding", arguments: [4, 6],
        InstructionSet.available)
    func winograd(_ tile: Int, _ isa: InstructionSet) {
        let tolerance: Float = tile == 4 ? 1e-4 : 1e-3
        var draw = Draw(seed: UInt64(tile))
        for sample in 0..<90 {
            let (rows, columns) = (draw(of: 1...20), draw(of: 1...20))
            let geometry = ConvGeometry(
                y: Self.axis(&draw, kernel: 3, stride: 1, size: rows, dilations: [1]),
                x: Self.axis(&draw, kernel: 3, stride: 1, size: columns, dilations: [1]))
            let (cin, cout) = (draw(of: [16, 17, 24, 33, 50]), draw(of: Self.channels))
            let graph = Self.graph(
                [draw(of: 1...3), cin, rows, columns], weight: [cout, cin, 3, 3], geometry,
                draw(of: Activation.allForTests), hasBias: draw.chance(70), hasResidual: draw.chance(40))
            let plan = InferencePlan(graph, PlanOptions(isa, winogradTile: tile))
            #expect(plan.stepNames.contains { $0.contains("winograd \(tile)×\(tile)") })
            #expect(
                graph.planError(graph, isa, winogradTile: tile) < tolerance,
                "\(sample): \(Self.describe(graph)), \(geometry)")
        }
    }

    /// Chunks that one thread computes, and chunks that all threads share.
    @Test(
        "convolution: Winograd's transforms of many tiles and of many channels", arguments: [4, 6],
        InstructionSet.available)
    func largeWinograd(_ tile: Int, _ isa: InstructionSet) {
        let cases: [(x: Shape, cout: Int)] = [([2, 32, 45, 51], 40), ([3, 320, 13, 9], 272), ([1, 512, 30, 29], 48)]
        for (x, cout) in cases {
            let graph = Self.graph(
                x, weight: [cout, x[1], 3, 3], ConvGeometry(kernel: 3, padding: 1), .silu, hasBias: true,
                hasResidual: true)
            let error = graph.planError(graph, isa, winogradTile: tile)
            #expect(error < (tile == 4 ? 1e-4 : 1e-3), "\(Self.describe(graph))")
        }
    }

    @Test("convolution: Winograd's transforms are not for other windows", arguments: [4, 6])
    func winogradIsForWindowsOf3(_ tile: Int) {
        func axis(_ kernel: Int, _ stride: Int = 1, _ dilation: Int = 1) -> ConvGeometry.Axis {
            .init(kernel: kernel, stride: stride, padding: (1, 1), dilation: dilation)
        }
        let others = [
            ConvGeometry(y: axis(3), x: axis(2)), ConvGeometry(y: axis(3, 2), x: axis(3)),
            ConvGeometry(y: axis(3), x: axis(3, 1, 2)), ConvGeometry(y: axis(3), x: axis(3), groups: 2),
        ]
        for geometry in others {
            let weight: Shape = [32, 64 / geometry.groups, geometry.y.kernel, geometry.x.kernel]
            let graph = Self.graph(
                [1, 64, 9, 9], weight: weight, geometry, .linear, hasBias: true, hasResidual: false)
            let plan = InferencePlan(graph, PlanOptions(.current, winogradTile: tile))
            #expect(!plan.stepNames.contains { $0.contains("winograd") }, "\(geometry)")
            #expect(graph.planError(graph, winogradTile: tile) < 1e-5, "\(geometry)")
        }
    }

    @Test("convolution: depthwise windows", arguments: [1, 2, 3, 5, 7], InstructionSet.available)
    func depthwise(_ kernel: Int, _ isa: InstructionSet) {
        var draw = Draw(seed: UInt64(kernel))
        for (stride, sample) in (1...3).flatMap({ stride in (0..<14).map { (stride, $0) } }) {
            let (rows, columns, channels) = (draw(of: 1...20), draw(of: 1...20), draw(of: Self.channels.dropFirst()))
            let geometry = ConvGeometry(
                y: Self.axis(&draw, kernel: kernel, stride: stride, size: rows),
                x: Self.axis(&draw, kernel: kernel, stride: stride, size: columns), groups: channels)
            let graph = Self.graph(
                [draw(of: 1...3), channels, rows, columns], weight: [channels, 1, kernel, kernel], geometry,
                draw(of: Activation.allForTests), hasBias: draw.chance(70), hasResidual: draw.chance(30))
            #expect(graph.planError(graph, isa) < 1e-5, "\(sample): \(Self.describe(graph)), \(geometry)")
        }
    }

    @Test("convolution: groups of several channels", arguments: InstructionSet.available)
    func groups(_ isa: InstructionSet) {
        for (groups, cin, cout) in [(2, 4, 6), (4, 32, 32), (3, 33, 51), (8, 8, 16), (16, 64, 16)] {
            let graph = Self.graph(
                [2, cin, 9, 7], weight: [cout, cin / groups, 3, 3],
                ConvGeometry(kernel: 3, stride: 2, padding: 1, groups: groups), .relu, hasBias: true,
                hasResidual: true)
            #expect(graph.planError(graph, isa) < 1e-5, "\(groups) groups")
        }
    }

    /// Kernel, stride, padding, output padding, dilation.
    private static let transposed = [
        (2, 2, 0, 0, 1), (3, 2, 1, 1, 1), (4, 2, 1, 0, 1), (3, 1, 1, 0, 1), (1, 1, 0, 0, 1), (2, 3, 0, 0, 1),
        (1, 3, 0, 2, 1), (3, 3, 0, 2, 1), (5, 2, 2, 1, 1), (3, 2, 2, 1, 2), (4, 4, 0, 3, 1), (4, 3, 2, 0, 1),
    ]

    @Test(
        "transposed convolution: kernels smaller and larger than the stride", arguments: transposed,
        InstructionSet.available)
    func transposedConvolutions(_ window: (Int, Int, Int, Int, Int), _ isa: InstructionSet) {
        let (kernel, stride, padding, added, dilation) = window
        var draw = Draw(seed: UInt64(kernel * 10 + stride))
        let geometry = ConvGeometry(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
        for sample in 0..<12 {
            let (cin, cout) = (draw(of: Self.channels), draw(of: Self.channels))
            let graph = Self.graph(
                [draw(of: 1...3), cin, draw(of: 2...9), draw(of: 2...9)], weight: [cin, cout, kernel, kernel],
                geometry, draw(of: Activation.allForTests), hasBias: draw.chance(70),
                hasResidual: draw.chance(40), transposed: (added, added))
            #expect(graph.planError(graph, isa) < 1e-5, "\(sample): \(Self.describe(graph))")
        }
    }

    @Test("transposed convolution: other rows than columns, and groups", arguments: InstructionSet.available)
    func transposedRectangles(_ isa: InstructionSet) {
        let geometry = ConvGeometry(
            y: .init(kernel: 4, stride: 3, padding: (1, 0)), x: .init(kernel: 2, stride: 1, padding: (0, 1)))
        let graph = Self.graph(
            [2, 17, 4, 6], weight: [17, 9, 4, 2], geometry, .silu, hasBias: true, hasResidual: true,
            transposed: (2, 0))
        #expect(graph.planError(graph, isa) < 1e-5)
        let grouped = Self.graph(
            [2, 18, 4, 6], weight: [18, 5, 3, 3], ConvGeometry(kernel: 3, stride: 2, padding: 1, groups: 3), .relu,
            hasBias: true, hasResidual: false, transposed: (1, 1))
        #expect(grouped.planError(grouped, isa) < 1e-5)
    }
}
