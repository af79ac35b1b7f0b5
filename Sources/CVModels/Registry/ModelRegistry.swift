import CVCore
import CVNN
import CVWeights

/// The networks of this library by the name that weights give in their metadata, and that the command uses.
///
/// The facts stand beside each network, in its `…+Spec.swift`; here they are only listed.
public enum ModelRegistry {
    /// All of them, but for the sizes that a name with parameters may ask for; of each task the simplest first.
    public static let all: [ModelSpec] =
        [LogisticRegression.spec, FullyConnected.spec, LeNet5.spec, SmallCNN.spec] + CIFARResNet.specs
        + [AlexNet.spec] + VGG.specs + ResNet.specs + SqueezeNet.specs + [MobileNetV1.spec, MobileNetV2.spec]
        + MobileNetV3.specs + [EfficientNetLite.spec, GoogLeNet.spec, InceptionV3.spec] + CIFARResNet.plainSpecs
        + ResNet.plainSpecs + UNet.specs + UNet.encoderSpecs + [SelfieSegmentation.spec, YOLOv3Tiny.spec]
        + [YOLOv3.spec] + YOLOX.specs + [SSDMobileNetV2.spec] + RegionNetwork.specs + [YuNet.spec] + BlazeFace.specs
        + [FaceMesh.spec, FaceMeshAttention.spec] + [SFace.spec, DlibFace.spec, VGGFeatures.hedSpec] + SiameseNet.specs
        + ImageTransformNet.specs
        + ModelSpec.landmarkSpecs

    /// Those for a task, in the order of `all`.
    ///
    /// - Parameter task: what the networks are for.
    /// - Returns: their specs; empty if there is none.
    public static func specs(for task: VisionTask) -> [ModelSpec] { all.filter { $0.task == task } }

    /// The one of this name: one of `all`, or one whose name has parameters, such as `unet-w16-d3-bilinear-plain`,
    /// `fast-style-w16` or `vgg19-relu5_1`. Names of earlier versions are understood; `currentName(of:)` lists them.
    ///
    /// - Parameters:
    ///   - name: of the network.
    ///   - task: what it must be for; nil for any.
    /// - Returns: the spec of the network.
    /// - Throws: `ArchitectureError.unknown` with the nearest name and all others, or `.otherTask`.
    public static func spec(named name: String, task: VisionTask? = nil) throws(ArchitectureError) -> ModelSpec {
        let known = (task.map { specs(for: $0) } ?? all).map(\.name)
        guard let found = any(named: name) else {
            throw .unknown(name, nearest: nearestName(to: name, in: known), known: known)
        }
        if let task, found.task != task {
            throw .otherTask(architecture: found.name, found: found.task, expected: task, known: known)
        }
        return found
    }

    private static func any(named name: String) -> ModelSpec? {
        all.first { $0.name == name } ?? UNet.spec(named: name) ?? ImageTransformNet.spec(named: name)
            ?? VGGFeatures.spec(named: name)
    }

    /// What a network is called now that an earlier version called `name`; nil for a name that has not changed.
    ///
    /// - Parameter name: such as `transformer-w16`, which is `fast-style-w16` now.
    /// - Returns: the current name, or nil.
    public static func currentName(of name: String) -> String? {
        guard let found = ImageTransformNet.Variant(name), found.name != name else { return nil }
        return found.name
    }

    /// Keys and shapes that weights of `model` must have.
    ///
    /// - Parameters:
    ///   - model: the name of the network.
    ///   - classes: as many as the weights have labels.
    ///   - input: what a classifier or an embedding network was made for, if not the default.
    ///   - headless: without the keys of a classifier's head, which weights for features do not have.
    ///   - keys: those that the weights have, where some parts may be left out; none for all.
    /// - Returns: nil for a name that is not known, and for an input that a classifier or an embedding network cannot take.
    public static func shapes(
        of model: String, classes: Int, input: ModelSpec.Input? = nil, headless: Bool = false,
        offered keys: [String] = []
    ) -> [String: [Int]]? {
        guard let spec = try? spec(named: model) else { return nil }
        let dependsOnInput = spec.task == .classify || spec.task == .embed
        if dependsOnInput, (try? spec.check(input ?? spec.defaultInput)) == nil { return nil }
        return spec.shapes(classes: classes, input: input, isHeadless: headless, offered: keys)
    }
}
