import CVCore
import CVModels
import CVNN
import CVTensor

let shapes = parameterShapes { YOLOv3Tiny($0) }
var state: StateDictionary = [:]
for (n, s) in shapes { state[n] = Tensor((0..<s.count).map { _ in Float.random(in: 0.0...0.01) }, shape: s) }
let net = try load({ YOLOv3Tiny($0) }, from: state)
let x = Tensor(repeating: 0.5, shape: [1, 3, 416, 416])
for t in [1, 2] {
    Parallel.threadCount = t
    var times: [Duration] = []
    for _ in 0..<20 { times.append(ContinuousClock().measure { _ = net(x) }) }
    print(t, times.sorted()[10], times.min()!)
}
