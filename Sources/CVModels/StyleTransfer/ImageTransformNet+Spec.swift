import CVNN
import CVTensor

extension ImageTransformNet {
    /// The facts of Johnson's network and of the one trained on 26 styles, for the registry.
    static let specs = [spec(Variant()), spec(.multistyle26)]

    /// Those of the network of this name, also of another width, such as `fast-style-w16`.
    ///
    /// - Parameter name: one that `Variant` knows.
    /// - Returns: nil for a name that is not known.
    static func spec(named name: String) -> ModelSpec? { Variant(name).map(spec) }

    private static func spec(_ variant: Variant) -> ModelSpec {
        let isShared = variant == .multistyle26
        return ModelSpec(
            variant.name,
            isShared
                ? "stylizes in 26 styles, feed-forward (Dumoulin et al. 2016, arXiv:1610.07629)"
                : "stylizes in one style, feed-forward (Johnson et al. 2016, arXiv:1603.08155)",
            task: .stylize, input: .init(channels: 3, height: 256, width: 256), classes: isShared ? 26 : nil,
            limits: .init(classes: isShared ? 1...26 : 1...1, channels: 3...3, minimumSide: minimumSide),
            // The scales and shifts of several styles share the convolutions; what runs is their mixture.
            stored: { variant.parameterShapes(styles: $0) },
            build: { .dense(ImageTransformNet(variant, $2)) })
    }
}
