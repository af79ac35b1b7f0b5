import CVModels
import CVNN
import TestSupport
import Testing

/// Residual networks without their shortcuts, against those of `Tools/golden/networks_inception.py`.
@Suite struct PlainNetworkTests {
    @Test(
        "plain networks: outputs and gradients match PyTorch", arguments: ["plain18", "plain34", "plain20"],
        ["", "-wide"])
    func givesWhatPyTorchGives(_ name: String, _ suffix: String) throws {
        let golden = try decoded("Golden/networks/\(name)\(suffix).json", as: NetworkGolden.self)
        // With AVX2 the deepest is 1.03e-4 away: without shortcuts, rounding grows layer by layer.
        try golden.compare(outputs: 2e-4) {
            try! ModelRegistry.spec(named: name, task: .classify).makeClassifier(classes: 10, $0)
        }
    }

    /// A plain network has all of the keys but those of the shortcuts.
    @Test(
        "plain networks: same keys as the residual ones without shortcuts",
        arguments: [
            ("plain20", "resnet20"), ("plain56", "resnet56"), ("plain18", "resnet18"), ("plain34", "resnet34"),
        ])
    func hasTheWeightsOfItsReference(_ plain: String, _ residual: String) throws {
        func keys(_ name: String) throws -> [String] {
            let architecture = try ModelRegistry.spec(named: name, task: .classify)
            return ParameterSet.shapes { architecture.makeClassifier(classes: 10, $0) }.map { "\($0.name) \($0.shape)" }
        }
        #expect(try keys(plain) == keys(residual).filter { !$0.contains(".downsample.") })
    }
}
