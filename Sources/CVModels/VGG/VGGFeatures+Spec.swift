extension VGGFeatures {
    /// The facts, for the registry, of the convolutions that detect edges in HED.
    static let hedSpec = spec(
        "vgg16-hed", "the convolutions of VGG-16 as trained for edges (HED: Xie & Tu 2015, arXiv:1504.06375)", .vgg16,
        through: nil, .caffe)

    /// The facts of the layers of a VGG up to the ReLU after a convolution, as perceptual losses use them.
    ///
    /// - Parameter name: such as `vgg19-relu5_1`.
    /// - Returns: nil for a name that is not of this form, or of a layer that the network does not have.
    static func spec(named name: String) -> ModelSpec? {
        for depth in VGG.Depth.allCases {
            for layer in featureLayers(depth) {
                let number = layer.name.dropFirst("conv".count)
                guard name == "vgg\(depth.rawValue)-relu\(number)" else { continue }
                return spec(
                    name,
                    "VGG-\(depth.rawValue) up to the ReLU after \(layer.name) (Simonyan & Zisserman 2014, "
                        + "arXiv:1409.1556)", depth, through: layer.name, .imageNet)
            }
        }
        return nil
    }

    private static func spec(
        _ name: String, _ summary: String, _ depth: VGG.Depth, through last: String?,
        _ preparation: ModelSpec.Preparation
    ) -> ModelSpec {
        let layer = last ?? featureLayers(depth).last!.name
        return ModelSpec(
            name, summary, task: .features, input: .photograph, classes: nil,
            limits: .init(classes: 1...1, channels: 3...3, minimumSide: 16), preparation: preparation,
            build: { _, _, p in .features(VGGFeatures(depth, through: last, p), layers: [layer]) })
    }
}
