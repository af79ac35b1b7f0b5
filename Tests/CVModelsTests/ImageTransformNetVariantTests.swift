import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct ImageTransformNetVariantTests {
    @Test("ImageTransformNet: the name determines the variant") func aNameSaysItsSize() throws {
        #expect(ImageTransformNet.Variant("fast-style") == ImageTransformNet.Variant(width: 32))
        #expect(ImageTransformNet.Variant("fast-style-w12")?.down == [12, 24, 48])
        #expect(ImageTransformNet.Variant("fast-style-w12")?.up == [24, 12])
        #expect(ImageTransformNet.Variant("multistyle26") == .multistyle26)
        for size in ["w0", "w129", "w32", "w012", "w", "w12-w12"] {
            for name in ["fast-style-", "transformer-", "multistyle26-"] {
                #expect(ImageTransformNet.Variant(name + size) == nil, "\(name + size)")
            }
        }
        #expect(ImageTransformNet.Variant("x") == nil)
    }

    @Test("names of earlier versions mean the same networks")
    func namesOfOldAreUnderstood() throws {
        #expect(ImageTransformNet.Variant("transformer") == ImageTransformNet.Variant(width: 32))
        #expect(ImageTransformNet.Variant("transformer-w12") == ImageTransformNet.Variant(width: 12))
        #expect(ModelRegistry.currentName(of: "transformer") == "fast-style")
        #expect(ModelRegistry.currentName(of: "transformer-w12") == "fast-style-w12")
        for name in ["fast-style", "fast-style-w12", "multistyle26", "resnet18", "transformer-w0"] {
            #expect(ModelRegistry.currentName(of: name) == nil, "\(name)")
        }
        #expect(try ModelRegistry.spec(named: "transformer-w12").name == "fast-style-w12")
        #expect(
            ModelRegistry.shapes(of: "transformer-w12", classes: 1)
                == ModelRegistry.shapes(of: "fast-style-w12", classes: 1))
    }

    @Test("ImageTransformNet: the catalog lists the keys of all styles") func theCatalogueKnowsTheKeysOfAllStyles()
        throws
    {
        let shapes = try #require(ModelRegistry.shapes(of: "multistyle26", classes: 26))
        #expect(shapes["in1.weight"] == [26, 32] && shapes["res6.in2.bias"] == [26, 32])
        #expect(shapes["in6.bias"] == [26, 3])
        #expect(shapes["deconv3.conv2d.weight"] == [3, 4, 9, 9] && shapes["conv1.conv2d.bias"] == nil)
        #expect(shapes.count == 18 * 3)
        let own = try #require(ModelRegistry.shapes(of: "fast-style-w8", classes: 1))
        #expect(own["in1.weight"] == [8] && own["conv1.conv2d.bias"] == [8] && own["in6.weight"] == nil)
        #expect(own["res5.conv2.conv2d.weight"] == [32, 32, 3, 3])
    }

    /// Two rows of scales and shifts, mixed, are the network whose only row is their mixture.
    @Test("ImageTransformNet: a style mixture interpolates scales and shifts")
    func aMixtureOfStylesMixesScalesAndShifts() throws {
        let form = ImageTransformNet.Variant(width: 2)
        let one = seededState(ParameterSet.shapes { ImageTransformNet(form, $0) }, seed: 5)
        var (two, expected) = (one, one)
        for (key, value) in one where !key.contains("conv2d") {
            let other = uniformTensor(seed: 9, value.shape)
            two[key] = Tensor(value.values + other.values, shape: [2, value.shape[0]])
            expected[key] = value * 0.25 + other * 0.75
        }
        let x = uniformTensor(seed: 1, [1, 3, 12, 8])
        let found = try form.network(two, mixing: [0.25, 0.75])(x)
        #expect(relativeError(found, try form.network(expected, mixing: [1])(x)) < 1e-5)
        #expect(relativeError(try form.network(two, mixing: [1, 0])(x), try form.network(one, mixing: [1])(x)) < 1e-6)
        #expect(relativeError(found, try form.network(one, mixing: [1])(x)) > 1e-3)
        #expect(throws: ParameterMismatch.self) { try form.network(two, mixing: [0, 0, 1]) }
        #expect(throws: ParameterMismatch.self) {
            try ImageTransformNet.Variant(width: 3).network(two, mixing: [1, 0])
        }
    }
}
