import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

/// Layers with seeded parameters, for the graphs of the tests of passes.
enum SeededLayer {
    static func conv(_ x: Tensor, _ cout: Int, kernel: Int = 3, seed: UInt64 = 1, bias: Bool = true) -> Tensor {
        conv2d(
            x, seededWeight(seed: seed, [cout, x.shape[1], kernel, kernel]),
            bias: bias ? seededTensor(seed: seed + 1, [cout]) : nil,
            ConvGeometry(kernel: kernel, padding: kernel / 2))
    }

    static func norm(_ x: Tensor, seed: UInt64 = 5) -> Tensor {
        let shape: Shape = [x.shape[1]]
        return batchNorm(
            x, mean: seededTensor(seed: seed, shape), variance: uniformTensor(seed: seed + 1, shape) + 0.5,
            weight: uniformTensor(seed: seed + 2, shape) + 0.5, bias: seededTensor(seed: seed + 3, shape),
            epsilon: 1e-3)
    }
}

@Suite("Pass: residuals become part of convolutions") struct ResidualFusionTests {
    private typealias Layer = SeededLayer

    private static func fused(_ shape: Shape = [2, 8, 5, 6], _ body: (Tensor) -> [Tensor]) -> (Graph, Graph) {
        let graph = Graph(capturing: shape, body).after { $0.convertConvolutions() }
        return (graph, graph.after { $0.fuseResiduals() })
    }

    @Test("a shortcut on either side, and of two convolutions the later one")
    func fuses() {
        let (left, afterLeft) = Self.fused { [Layer.conv($0, 8) + $0] }
        #expect(afterLeft.names == ["conv 3×3 + residual"])
        #expect(left.evaluationError(afterLeft) < 1e-6)
        let (right, afterRight) = Self.fused { [$0 + Layer.conv($0, 8)] }
        #expect(afterRight.names == ["conv 3×3 + residual"])
        #expect(right.evaluationError(afterRight) < 1e-6)
        let (both, afterBoth) = Self.fused { [Layer.conv($0, 4, kernel: 1, seed: 9) + Layer.conv($0, 4)] }
        #expect(afterBoth.names == ["conv 1×1", "conv 3×3 + residual"])
        #expect(both.evaluationError(afterBoth) < 1e-6)
    }

    @Test("a shortcut that is computed after the convolution")
    func laterShortcut() {
        let (graph, after) = Self.fused {
            let y = Layer.conv($0, 8)
            return [y + Activation.tanh(Activation.relu($0))]
        }
        #expect(after.names == ["relu", "tanh", "conv 3×3 + residual"])
        #expect(graph.evaluationError(after) < 1e-6)
    }

    @Test("sums of sums: each convolution takes up one shortcut")
    func chains() {
        let (graph, after) = Self.fused { x in
            [Layer.conv(x, 8, seed: 1) + (Layer.conv(x, 8, kernel: 1, seed: 9) + x) + Layer.conv(x, 8, seed: 20)]
        }
        #expect(after.names.filter { $0.contains("residual") }.count == 3)
        #expect(!after.names.contains("+"))
        #expect(graph.evaluationError(after) < 1e-6)
    }

    @Test("not a convolution that others read, has an activation, is transposed, or is added to another shape")
    func keeps() {
        let (read, afterRead) = Self.fused {
            let y = Layer.conv($0, 8)
            return [y + $0, y]
        }
        #expect(afterRead.names == ["conv 3×3", "add"])
        #expect(read.evaluationError(afterRead) == 0)
        let (active, afterActive) = Self.fused { [Activation.relu(Layer.conv($0, 8)) + $0] }
        #expect(afterActive.names == ["conv 3×3", "relu", "add"])
        #expect(active.evaluationError(afterActive) == 0)
        let (doubled, afterDoubled) = Self.fused {
            let y = Layer.conv($0, 8)
            return [y + y]
        }
        #expect(afterDoubled.names == ["conv 3×3", "add"])
        #expect(doubled.evaluationError(afterDoubled) == 0)
        let (transposed, afterTransposed) = Self.fused {
            [convTranspose2d($0, seededWeight(seed: 1, [8, 8, 3, 3]), ConvGeometry(kernel: 3, padding: 1)) + $0]
        }
        #expect(afterTransposed.names == ["convTranspose 3×3", "add"])
        #expect(transposed.evaluationError(afterTransposed) == 0)
        let (broadcast, afterBroadcast) = Self.fused { [Layer.conv($0, 8) + globalAveragePool2d($0)] }
        #expect(afterBroadcast.names.last == "+")
        #expect(broadcast.evaluationError(afterBroadcast) == 0)
        let (constant, afterConstant) = Self.fused { [Layer.conv($0, 8) + seededTensor(seed: 2, [2, 8, 5, 6])] }
        #expect(afterConstant.names == ["conv 3×3", "+"])
        #expect(constant.evaluationError(afterConstant) == 0)
    }
}

@Suite("Pass: activations become part of steps") struct ActivationFusionTests {
    private typealias Layer = SeededLayer

    private static func fused(_ body: (Tensor) -> [Tensor]) -> (Graph, Graph) {
        let graph = Graph(capturing: [2, 8, 5, 6], body).after {
            $0.convertConvolutions()
            $0.fuseResiduals()
        }
        return (graph, graph.after { $0.fuseActivations() })
    }

    @Test("after a convolution, a sum and an affine map", arguments: Activation.allForTests.dropFirst())
    func fuses(_ activation: Activation) {
        let name = activation.name
        let (conv, afterConv) = Self.fused { [activation(Layer.conv($0, 5))] }
        #expect(afterConv.names == ["conv 3×3 + \(name)"])
        #expect(conv.evaluationError(afterConv) == 0)
        let (residual, afterResidual) = Self.fused { [activation(Layer.conv($0, 8) + $0)] }
        #expect(afterResidual.names == ["conv 3×3 + residual + \(name)"])
        #expect(residual.evaluationError(afterResidual) == 0)
        let (sum, afterSum) = Self.fused { [activation(Activation.tanh($0) + $0)] }
        #expect(afterSum.names == ["tanh", "add + \(name)"])
        #expect(sum.evaluationError(afterSum) == 0)
        let (affine, afterAffine) = Self.fused { [activation(Layer.norm($0))] }
        #expect(afterAffine.names == ["affine + \(name)"])
        #expect(affine.evaluationError(afterAffine) == 0)
    }

    @Test("not where others read the value, after another activation, or after a pooling")
    func keeps() {
        let (read, afterRead) = Self.fused {
            let y = Layer.conv($0, 5)
            return [Activation.relu(y), y]
        }
        #expect(afterRead.names == ["conv 3×3", "relu"])
        #expect(read.evaluationError(afterRead) == 0)
        let (twice, afterTwice) = Self.fused { [Activation.tanh(Activation.relu(Layer.conv($0, 5)))] }
        #expect(afterTwice.names == ["conv 3×3 + relu", "tanh"])
        #expect(twice.evaluationError(afterTwice) == 0)
        let (pooled, afterPooled) = Self.fused { [Activation.relu(maxPool2d($0, ConvGeometry(kernel: 2)))] }
        #expect(afterPooled.names == ["maxPool2d", "relu"])
        #expect(pooled.evaluationError(afterPooled) == 0)
    }

    @Test("an activation whose result several steps read")
    func sharedResult() {
        let (graph, after) = Self.fused {
            let y = Activation.relu(Layer.conv($0, 5))
            return [Activation.tanh(y), Activation.sigmoid(y), y]
        }
        #expect(after.names == ["conv 3×3 + relu", "tanh", "sigmoid"])
        #expect(graph.evaluationError(after) == 0)
    }
}

@Suite("Pass: squeeze-and-excitation becomes one step") struct SqueezeExciteFusionTests {
    private typealias Layer = SeededLayer

    private static func fused(_ body: (Tensor) -> [Tensor]) -> (Graph, Graph) {
        let graph = Graph(capturing: [2, 8, 5, 6], body).after {
            $0.convertConvolutions()
            $0.fuseActivations()
        }
        return (graph, graph.after { $0.fuseSqueezeExcite() })
    }

    private static func gates(_ x: Tensor, of: Tensor? = nil, _ change: (Tensor) -> Tensor = { $0 }) -> Tensor {
        let hidden = Activation.relu(Layer.conv(globalAveragePool2d(x), 3, kernel: 1))
        return Activation.sigmoid(Layer.conv(change(hidden), 8, kernel: 1, seed: 7))
    }

    @Test("the channels times their gates, in either order")
    func fuses() {
        for isFirst in [true, false] {
            let (graph, after) = Self.fused {
                let x = Activation.tanh($0)
                return [isFirst ? x * Self.gates(x) : Self.gates(x) * x]
            }
            #expect(graph.names.count == 5)
            #expect(after.names == ["tanh", "squeezeExcite"])
            #expect(graph.evaluationError(after) < 1e-6)
        }
    }

    @Test("not gates of another tensor, of other means, of two steps, or that others read")
    func keeps() {
        let others: [(String, (Tensor) -> [Tensor])] = [
            ("another tensor", { [Activation.tanh($0) * Self.gates($0)] }),
            (
                "read by others",
                {
                    let gates = Self.gates($0)
                    return [$0 * gates, gates]
                }
            ),
            (
                "means read by others",
                { x in
                    let means = globalAveragePool2d(x)
                    let hidden = Activation.relu(Layer.conv(means, 3, kernel: 1))
                    return [x * Layer.conv(hidden, 8, kernel: 1, seed: 7), means]
                }
            ),
            ("a step between", { [$0 * Self.gates($0) { softmax($0, dimension: 1) }] }),
            (
                "one convolution",
                { x in [x * Activation.sigmoid(Layer.conv(globalAveragePool2d(x), 8, kernel: 1))] }
            ),
            (
                "maxima",
                { x in
                    let hidden = Layer.conv(globalMaxPool2d(x), 3, kernel: 1)
                    return [x * Layer.conv(hidden, 8, kernel: 1, seed: 7)]
                }
            ),
            (
                "one gate for all",
                { x in
                    let hidden = Layer.conv(globalAveragePool2d(x), 3, kernel: 1)
                    return [x * Layer.conv(hidden, 1, kernel: 1, seed: 7)]
                }
            ),
        ]
        for (name, body) in others {
            let (before, after) = Self.fused(body)
            #expect(before.names == after.names, "\(name)")
            #expect(before.evaluationError(after) == 0, "\(name)")
        }
    }
}

@Suite("Pass: pixels are picked before a 1×1 convolution with a stride") struct PointwiseStrideTests {
    private static func split(_ geometry: ConvGeometry, _ weight: Shape) -> (Graph, Graph) {
        let graph = Graph(capturing: [2, 8, 7, 6]) {
            [conv2d($0, seededWeight(seed: 1, weight), bias: seededTensor(seed: 2, [weight[0]]), geometry)]
        }.after { $0.convertConvolutions() }
        return (graph, graph.after { $0.splitPointwiseStrides() })
    }

    @Test("strides of 2 and 3", arguments: [2, 3])
    func splits(_ stride: Int) {
        let (graph, after) = Self.split(ConvGeometry(kernel: 1, stride: stride), [5, 8, 1, 1])
        #expect(after.names == ["subsampled", "conv 1×1"])
        #expect(after.values[after.nodes[0].output].shape == [2, 8, (6 + stride) / stride, (5 + stride) / stride])
        #expect(graph.evaluationError(after) < 1e-6)
    }

    @Test("not without a stride, with another in each direction, with padding, in groups, or of larger windows")
    func keeps() {
        let others = [
            ConvGeometry(kernel: 1), ConvGeometry(kernel: 1, stride: 2, padding: 1),
            ConvGeometry(kernel: 1, stride: 2, groups: 2), ConvGeometry(kernel: 3, stride: 2),
            ConvGeometry(y: .init(kernel: 1, stride: 2), x: .init(kernel: 1, stride: 3)),
            ConvGeometry(y: .init(kernel: 1, stride: 2), x: .init(kernel: 2, stride: 2)),
        ]
        for geometry in others {
            let weight: Shape = [4, 8 / geometry.groups, geometry.y.kernel, geometry.x.kernel]
            let (graph, after) = Self.split(geometry, weight)
            #expect(after.names == graph.names, "\(geometry)")
            #expect(graph.evaluationError(after) == 0, "\(geometry)")
        }
    }
}
