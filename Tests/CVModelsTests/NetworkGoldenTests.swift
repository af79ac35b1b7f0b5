import CVModels
import CVNN
import TestSupport
import Testing

/// Networks against PyTorch's and torchvision's with the same weights: `Tools/golden.py networks`.
@Suite struct NetworkGoldenTests {
    /// In the order of `networks()` there.
    private static let names = [
        "logistic", "fully-connected", "lenet5", "lenet5-relu", "small-cnn", "resnet20", "resnet18", "resnet50",
        "alexnet", "vgg11_bn", "squeezenet1_0", "unet", "unet-bilinear-norm",
        "unet-mobilenet_v2", "unet-efficientnet-lite0", "transformer", "transformer-odd",
    ]

    @Test("networks: outputs and gradients match PyTorch", arguments: names) func outputsAndGradientsAreThoseOfPyTorch(
        _ name: String
    ) throws {
        let golden = try decoded("Golden/networks/\(name).json", as: NetworkGolden.self)
        // The last stage of ResNet-50 normalizes by the statistics of twelve values in training, which amplifies
        // rounding errors.
        try golden.compare(outputs: name == "resnet50" ? 3e-4 : 1e-4) { p in
            switch name {
            case "lenet5-relu": LeNet5(activation: .relu, p)
            case "unet": UNet(classes: 3, depth: 2, width: 8, p)
            case "unet-bilinear-norm":
                UNet(classes: 4, depth: 3, width: 4, upsampling: .bilinear, batchNorm: true, p)
            case "unet-mobilenet_v2", "unet-efficientnet-lite0":
                try! ModelRegistry.spec(named: name, task: .segment).makeSegmenter(classes: 4, p)
            case "transformer": ImageTransformNet(ImageTransformNet.Variant(width: 4), p)
            case "transformer-odd": ImageTransformNet(ImageTransformNet.Variant(width: 3), p)
            default: try! ModelRegistry.spec(named: name, task: .classify).makeClassifier(classes: 10, p)
            }
        }
    }

    /// One after the other: the largest have half a gigabyte of weights.
    @Test("networks: other variants match PyTorch") func outputsAndInputGradientsAreThoseOfPyTorchForOtherSizes() throws
    {
        let all = try decoded("Golden/networks/sizes.json", as: [String: NetworkSizesGolden].self)
        for (name, golden) in all {
            let architecture = try ModelRegistry.spec(named: name, task: .classify)
            try golden.compare(name) { architecture.makeClassifier(classes: 10, $0) }
        }
    }
}
