import CVNN
import CVTensor
import TestSupport
import Testing

/// The output of `Tools/golden.py optimizers`.
struct OptimizerGolden: Decodable {
    struct Run: Decodable {
        let name: String
        let steps: [[Float]]
    }
    struct Rates: Decodable {
        let name: String
        let rates: [Float]
    }
    let optimisers: [Run]
    let schedules: [Rates]

    static func read() throws -> OptimizerGolden { try decoded("Golden/optimisers.json", as: OptimizerGolden.self) }
}

/// The sum of a quadratic and a chain of Rosenbrock functions: see `Tools/golden/optimizers.py`.
struct Valley {
    let a, b: Parameter
    let parameters: ParameterSet

    init() {
        (_, parameters) = ParameterSet.initialize(seed: 0) { p in
            (p.parameter("a", shape: [3, 4]), p.parameter("b", shape: [4]))
        }
        (a, b) = (parameters["a"]!, parameters["b"]!)
        a.value = seededTensor(seed: 1, [3, 4])
        b.value = seededTensor(seed: 2, [4])
    }

    /// Computes the loss and sets the gradients.
    @discardableResult
    func evaluate() -> Float {
        let curvature = uniformTensor(seed: 3, [3, 4]).values.map { $0 * 3 + 0.1 }
        let target = seededTensor(seed: 4, [3, 4]).values
        var loss: Float = 0
        var da: [Float] = []
        for (index, x) in a.value.values.enumerated() {
            let distance = x - target[index]
            loss += curvature[index] * distance * distance / 2
            da.append(curvature[index] * distance)
        }
        let x = b.value.values
        var db = [Float](repeating: 0, count: 4)
        for i in 0..<3 {
            let (first, second) = (1 - x[i], x[i + 1] - x[i] * x[i])
            loss += first * first + 5 * second * second
            db[i] -= 2 * first + 20 * second * x[i]
            db[i + 1] += 10 * second
        }
        a.gradient = Tensor(da, shape: [3, 4])
        b.gradient = Tensor(db, shape: [4])
        return loss
    }

    var weights: [Float] { a.value.values + b.value.values }

    /// The largest difference from the expected weights, relative to the largest of those.
    func error(_ expected: [Float]) -> Float {
        relativeError(Tensor(weights, shape: [16]), Tensor(expected, shape: [16]))
    }
}

@Suite struct OptimizerTests {
    private func make(_ name: String, _ p: [Parameter]) -> Optimizer? {
        switch name {
        case "descent": GradientDescent(p, learningRate: 0.02)
        case "momentum": GradientDescent(p, learningRate: 0.01, momentum: 0.9)
        case "nesterov": GradientDescent(p, learningRate: 0.01, momentum: 0.9, nesterov: true)
        case "momentum, l2":
            GradientDescent(p, learningRate: 0.01, momentum: 0.9, regularization: Regularization(l2: 0.1))
        case "rmsprop": RMSprop(p, learningRate: 0.01)
        case "rmsprop, momentum":
            RMSprop(p, learningRate: 0.005, decay: 0.9, momentum: 0.8, regularization: Regularization(l2: 0.05))
        case "adam": Adam(p, learningRate: 0.05)
        case "adam, l2":
            Adam(
                p, learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, regularization: Regularization(l2: 0.1))
        case "adamw": Adam.decoupled(p, learningRate: 0.05, decay: 0.1)
        case "clipped by norm", "clipped by value": GradientDescent(p, learningRate: 0.05)
        default: nil
        }
    }

    @Test("optimizers: every step matches PyTorch") func agreeWithPyTorchStepByStep() throws {
        var compared = 0
        for run in try OptimizerGolden.read().optimisers {
            let valley = Valley()
            guard let optimizer = make(run.name, valley.parameters.trainable) else { continue }
            for (number, expected) in run.steps.enumerated() {
                valley.evaluate()
                if run.name == "clipped by norm" { clipGradients(valley.parameters, norm: 1) }
                if run.name == "clipped by value" { clipGradients(valley.parameters, value: 0.5) }
                optimizer.step()
                #expect(valley.error(expected) < 1e-5, "\(run.name), step \(number)")
            }
            compared += 1
        }
        #expect(compared == 11)
    }

    @Test("optimizers: a restored state continues to the bit", arguments: ["momentum", "rmsprop, momentum", "adam"])
    func goOnFromAStateAsIfNothingHadHappened(_ name: String) throws {
        func steps(_ count: Int, _ valley: Valley, _ optimizer: Optimizer) {
            for _ in 0..<count {
                valley.evaluate()
                optimizer.step()
            }
        }
        let (whole, halves) = (Valley(), Valley())
        steps(10, whole, try #require(make(name, whole.parameters.trainable)))
        let first = try #require(make(name, halves.parameters.trainable))
        steps(5, halves, first)
        let second = try #require(make(name, halves.parameters.trainable))
        try second.restore(first.state)
        steps(5, halves, second)
        #expect(halves.weights == whole.weights)
        #expect(throws: ParameterMismatch.self) { try second.restore([:]) }
    }

    @Test("optimizers: skip frozen parameters and those without a gradient")
    func skipFrozenParametersAndThoseWithoutGradient() {
        let valley = Valley()
        let (a, b) = (valley.a.value.values, valley.b.value.values)
        let optimizer = Adam(Array(valley.parameters), regularization: Regularization(l2: 1))
        valley.evaluate()
        valley.a.gradient = nil
        valley.b.isTrainable = false
        optimizer.step()
        #expect(valley.a.value.values == a)
        #expect(valley.b.value.values == b)
    }

    @Test("regularization: L1 shrinks by the sign, and can exclude bias and norm") func l1PullsByTheSign() {
        let valley = Valley()
        let (a, b) = (valley.a.value.values, valley.b.value.values)
        valley.a.gradient = Tensor(repeating: 0, shape: [3, 4])
        valley.b.gradient = Tensor(repeating: 0, shape: [4])
        let regularization = Regularization(l1: 0.5, excludesBiasAndNorm: true)
        GradientDescent(Array(valley.parameters), learningRate: 0.1, regularization: regularization).step()
        for (now, before) in zip(valley.a.value.values, a) {
            #expect(abs(now - (before - 0.05 * (before > 0 ? 1 : -1))) < 1e-7)
        }
        #expect(valley.b.value.values == b)
    }

    @Test("weight average: bias-corrected, and applied temporarily") func averageOfWeightsIsCorrectedForItsStart()
        throws
    {
        let valley = Valley()
        let average = WeightAverage(valley.parameters, decay: 0.9)
        var (sum, total) = (0.0, 0.0)
        for step in 1...5 {
            valley.b.value = Tensor(repeating: Float(step * step), shape: [4])
            average.update()
            sum = 0.9 * sum + 0.1 * Double(step * step)
            total = 0.9 * total + 0.1
        }
        let found = try #require(average.stateDictionary["b"]?.values.first)
        #expect(abs(Double(found) - sum / total) < 1e-5)
        average.applied { #expect(valley.b.value.values[0] == found) }
        #expect(valley.b.value.values[0] == 25)
    }
}

/// What the losses of whole runs do not show.
@Suite struct GradientEdgeTests {
    @Test("clipping: gradients shorter than the norm stay as they are, longer ones get it")
    func clippingShortensOnly() throws {
        let valley = Valley()
        for (length, expected) in [(0.5, 0.5), (1.9, 1.9), (50, 2)] as [(Float, Float)] {
            valley.a.gradient = Tensor([length * 0.6] + [Float](repeating: 0, count: 11), shape: [3, 4])
            valley.b.gradient = Tensor([0, -length * 0.8, 0, 0], shape: [4])
            let before = valley.parameters.map { $0.gradient!.values }
            #expect(abs(clipGradients(valley.parameters, norm: 2) - length) < 1e-5 * length)
            let after = valley.parameters.map { $0.gradient!.values }
            if length < 2 { #expect(after == before) }
            let norm = after.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(norm - expected) < 1e-5)
        }
    }

    /// As `torch.nn.L1Loss`, whose gradient is that of `sign`.
    @Test("absolute error: the gradient is 0 where prediction and target are equal")
    func absoluteErrorIsFlatAtZero() throws {
        let tape = Tape(.training)
        let x = tape.watch(Tensor([1, 2, 3, -4], shape: [4]), gradient: true)
        let gradients = tape.gradients(of: absoluteError(x, Tensor([1, 5, 0, -4], shape: [4])))
        #expect(gradients[x]?.values == [0, -0.25, 0.25, 0])
    }
}

@Suite struct ScheduleTests {
    private static let schedules: [String: Schedule] = [
        "exponential": .exponential(from: 0.1, factor: 0.9),
        "staircase": .staircase(from: 0.1, factor: 0.5, every: 7),
        "inverse": .inverse(from: 0.1, decay: 0.3),
        "inverseRoot": .inverseRoot(0.05),
        "cosine": .cosine(from: 0.1, to: 0.01, over: 29),
        "oneCycle": .oneCycle(peak: 0.4, steps: 30),
        "warmUp": Schedule.constant(0.1).warmedUp(over: 9, from: 0.1),
        "manual": .manual(0.1, changes: [(20, 0.001), (5, 0.01)]),
    ]

    @Test("schedules: learning rates match PyTorch") func agreeWithPyTorch() throws {
        let golden = try OptimizerGolden.read().schedules
        #expect(Set(golden.map(\.name)) == Set(Self.schedules.keys))
        for row in golden {
            let schedule = try #require(Self.schedules[row.name])
            for (time, rate) in row.rates.enumerated() {
                #expect(abs(schedule(time) - rate) <= 1e-5 * rate, "\(row.name) at \(time)")
            }
        }
    }

    /// `LinearWarmup` of pytorch_warmup: min(1, (step + 1) / warmup_period).
    @Test("schedules: a warm-up counts the first step") func aWarmUpCountsTheFirstStep() {
        let schedule = Schedule.constant(0.8).warmedUp(over: 4, step: 1)
        #expect((0..<6).map { schedule($0) } == [0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
        // Half an epoch of eight steps.
        let epochs = Schedule.constant(1).warmedUp(over: 0.5, step: 0.125)
        #expect((0..<5).map { epochs(Double($0) / 8) } == [0.25, 0.5, 0.75, 1, 1])
        // Shorter than a step.
        #expect(Schedule.constant(1).warmedUp(over: 0.01, step: 1)(0) == 1)
    }
}
