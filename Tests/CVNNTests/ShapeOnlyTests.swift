import CVNN
import CVTensor
import TestSupport
import Testing

@Suite("Losses and layers on shapes alone") struct ShapeOnlyLayerTests {
    static let losses: [@Sendable (Tensor, Tensor) -> Tensor] = [
        { squaredError($0, $1) }, { absoluteError($0, $1) }, { smoothL1($0, $1) }, { binaryCrossEntropy($0, $1) },
        { focalLoss($0, $1) }, { diceLoss($0, $1) }, { crossEntropy($0, $1) },
        { x, _ in crossEntropy(x, [Int](repeating: 1, count: 8)) },
        { x, _ in diceLoss(x, [Int](repeating: 1, count: 8)) }, { x, _ in totalVariation(x) },
    ]

    @Test("a loss is recorded as of values, and has none", arguments: losses.indices)
    func isRecorded(_ index: Int) {
        func run(_ x: Tensor, _ targets: Tensor) -> (RecordedGraph, Tensor?) {
            var loss: Tensor?
            let graph = RecordedGraph { loss = Self.losses[index]($0.watch(x), targets) }
            return (graph, loss)
        }
        let shape: Shape = [2, 3, 2, 2]
        let (x, targets) = (uniformTensor(seed: 1, shape), uniformTensor(seed: 2, shape))
        let (real, loss) = run(x, targets)
        let (shapes, nothing) = run(.shapeOnly(shape), targets)
        #expect(loss?.shape == [] && loss?.isShapeOnly == false)
        #expect(nothing?.shape == [] && nothing?.isShapeOnly == true)
        #expect(shapes.steps == real.steps && !real.operations.isEmpty)
    }

    @Test("the running statistics of a batch-norm stay as they are") func statisticsStay() {
        let (bn, _) = ParameterSet.initialize(seed: 1) { BatchNorm2d(3, $0) }
        let tape = Tape(.training)
        #expect(bn(tape.watch(.shapeOnly([2, 3, 4, 4]))).isShapeOnly)
        #expect(bn.runningMean.value.values == [0, 0, 0] && bn.runningVar.value.values == [1, 1, 1])
    }

    @Test("without a tape a convolution with its normalization gives a shape") func inferenceWithoutATape() {
        let (layer, _) = ParameterSet.shapeOnly {
            ConvNorm(Conv2d(3, 4, kernel: 3, bias: false, $0), BatchNorm2d(4, $0), .relu)
        }
        let y = layer(seededTensor(seed: 1, [1, 3, 5, 5]))
        #expect(y.isShapeOnly && y.shape == [1, 4, 3, 3])
    }

    @Test("ConvNorm: a shape-only shortcut gives a shape") func shapeOnlyShortcut() {
        let layer = ParameterSet.initialize(seed: 1) { ConvNorm(3, 4, kernel: 3, .relu, $0) }.network
        let y = layer(seededTensor(seed: 1, [1, 3, 5, 5]), adding: .shapeOnly([1, 4, 5, 5]))
        #expect(y.isShapeOnly && y.shape == [1, 4, 5, 5])
    }
}
