import CVModels
import CVTensor
import TestSupport
import Testing

/// Small random networks that use every layer and option, against a reference implementation of darknet in PyTorch.
///
/// Made by `Tools/golden.py darknet`, which also compares the reference with OpenCV's darknet importer.
@Suite struct DarknetGoldenTests {
    private struct Golden: Decodable {
        struct Head: Decodable { let shape: [Int], values: [Float] }
        let inputSeed: UInt64, inputShape: [Int], heads: [Head]
    }

    @Test(
        "darknet: heads match the reference implementation",
        arguments: ["plain", "groups", "pools", "pyramid", "shortcuts", "partial", "new-coords"])
    func givesTheHeadsOfTheReference(name: String) throws {
        let golden = try decoded("Golden/darknet/\(name).json", as: Golden.self)
        let network = try DarknetNetwork(
            configuration: besideTest("Golden/darknet/\(name).cfg").path,
            weights: besideTest("Golden/darknet/\(name).weights").path)
        let grids = network(uniformTensor(seed: golden.inputSeed, Shape([1] + golden.inputShape)))
        #expect(grids.count == golden.heads.count)
        for (grid, head) in zip(grids, golden.heads) {
            let error = relativeError(grid.values, Tensor(head.values, shape: Shape([1] + head.shape)))
            #expect(error < 1e-5, "\(name)")
        }
    }
}
