extension VGGFeatures {
    /// The facts, for the registry, of the convolutions that detect edges in HED.
    static let hedSpec = ModelSpec(
        "vgg16-hed", "the convolutions of VGG-16 as trained for edges (HED: Xie & Tu 2015, arXiv:1504.06375)",
        task: .features, input: .photograph, classes: nil,
        limits: .init(classes: 1...1, channels: 3...3, minimumSide: 16), preparation: .caffe,
        build: { _, _, p in
            .features(VGGFeatures(.vgg16, p), layers: Set(featureLayers(.vgg16).suffix(1).map(\.name)))
        })
}
