import CVModels
import CVNN
import TestSupport
import Testing

/// Variants of U-Net beyond those of `NetworkGoldenTests`, with sides that are not divisible.
@Suite struct UNetTests {
    @Test("U-Net: outputs and gradients match PyTorch", arguments: ["unet-norm", "unet-bilinear", "unet-odd"])
    func givesWhatPyTorchGives(_ name: String) throws {
        let golden = try decoded("Golden/networks/\(name).json", as: NetworkGolden.self)
        try golden.compare { p in
            switch name {
            case "unet-norm": UNet(classes: 3, depth: 3, width: 4, batchNorm: true, p)
            case "unet-bilinear": UNet(classes: 5, depth: 2, width: 6, upsampling: .bilinear, p)
            default: UNet(classes: 2, depth: 4, width: 3, p)
            }
        }
    }

    /// Down to sizes that are halved to one pixel, with all remainders.
    @Test("U-Net: logits for every pixel at any size", arguments: [UNet.Upsampling.transposedConvolution, .bilinear])
    func givesLogitsForEveryPixelOfAnySize(_ upsampling: UNet.Upsampling) {
        let network = ParameterSet.initialize(seed: 1) { p in
            UNet(channels: 1, classes: 2, depth: 3, width: 2, upsampling: upsampling, p)
        }.network
        #expect(network.minimumSide == 8)
        for height in 8...17 {
            let width = 25 - height
            #expect(network(uniformTensor(seed: 1, [1, 1, height, width])).shape == [1, 2, height, width])
        }
    }
}
