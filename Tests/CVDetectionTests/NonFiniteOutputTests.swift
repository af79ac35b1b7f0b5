import CVClassification
import CVCore
import CVDetection
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights
import TestSupport
import Testing

/// A network's NaN or infinity is an error with the first layer, whatever reads its results.
@Suite struct NonFiniteOutputTests {
    /// A network whose weights are finite or not; with one that is large, bright images overflow.
    private func classifier(_ key: String, _ value: Float) throws -> Classifier {
        let spec = try ModelRegistry.spec(named: "small-cnn")
        let (network, parameters) = ParameterSet.initialize(seed: 1) { spec.makeClassifier(classes: 3, $0) }
        let parameter = try #require(parameters.first { $0.name == key })
        parameter.value = Tensor(repeating: value, shape: parameter.shape)
        parameters.setTrainable(false)
        let preprocessing = Preprocessing(width: 28, height: 28, resize: .stretch, channels: .gray, std: [1 / 255])
        return Classifier(network, name: "small-cnn", labels: ["a", "b", "c"], preprocessing: preprocessing)
    }

    private let dark = Image(width: 28, height: 28, fill: .black), bright = Image(width: 28, height: 28, fill: .white)

    private func expectLayer(_ name: String, _ error: NonFiniteOutput?, index: Int = 0) {
        guard case .layer(name, operation: _, nan: _, infinite: _, count: _)? = error?.cause, error?.index == index
        else {
            Issue.record("\(error as Any)")
            return
        }
    }

    @Test("classification: NaN and infinity are errors", arguments: ImageViews.allCases)
    func classificationFails(views: ImageViews) throws {
        let classifier = try classifier("conv1.weight", 3e38)
        #expect(try classifier(dark, views: views).count == 3)
        expectLayer("conv1", #expect(throws: NonFiniteOutput.self) { try classifier(bright, views: views) })
        expectLayer(
            "conv1", #expect(throws: NonFiniteOutput.self) { try classifier([dark, dark, bright], views: views) },
            index: 2)
    }

    @Test("class activation and activations: NaN and infinity are errors") func inspectionFails() throws {
        let classifier = try classifier("conv2.weight", .nan)
        let found = #expect(throws: NonFiniteOutput.self) { try classifier.classActivation(of: bright) }
        expectLayer("conv2", found)
        let unit = try TopActivations(classifier, layer: "conv2", unit: 0)
        expectLayer("conv2", #expect(throws: NonFiniteOutput.self) { try unit.strongest(in: bright) })
        // The layers before are as they should be.
        _ = try TopActivations(classifier, layer: "conv1", unit: 0).strongest(in: bright)
    }

    @Test("sliding windows: NaN and infinity are errors", arguments: SlidingWindows.Method.allCases)
    func windowsFail(method: SlidingWindows.Method) throws {
        let detector = try SlidingWindowDetector(classifier("conv1.weight", 3e38), method: method)
        var image = Image(width: 40, height: 40, fill: .black)
        #expect(try detector.detect(image, sides: [28]).count >= 0)
        image[20, 20] = .white
        expectLayer("conv1", #expect(throws: NonFiniteOutput.self) { try detector.detect(image, sides: [28]) })
    }

    private static let configuration = """
        [net]
        width=32
        height=32
        channels=3
        [convolutional]
        batch_normalize=1
        filters=4
        size=3
        stride=2
        pad=1
        activation=leaky
        [convolutional]
        filters=18
        size=1
        stride=1
        activation=linear
        [yolo]
        mask=0,1,2
        anchors=4,4,8,8,16,16
        classes=1
        num=3
        """

    /// Biases of 0 but for the first, factors of 1, means of 0, these variances, then the filters.
    private func detector(variances: [Float], header: [Int32] = [0, 2, 0, 0, 0]) throws -> Detector {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let first: [Float] = [0.25, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0] + variances + [Float](repeating: 0.01, count: 108)
        let second = [Float](repeating: 0, count: 18) + [Float](repeating: 0.01, count: 72)
        let bytes =
            header.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
            + (first + second).flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        try FileOutput.write(Array(Self.configuration.utf8), to: folder + "/net.cfg")
        try FileOutput.write(bytes, to: folder + "/net.weights")
        return try Detector(darknet: folder + "/net.cfg", weights: folder + "/net.weights")
    }

    @Test("detection: NaN in a head is an error that names the layer of the .cfg") func detectionFails() throws {
        #expect(try detector(variances: [1, 1, 1, 1]).detect(bright).count >= 0)
        let detector = try detector(variances: [1, -4, 1, 1])
        var options = DetectionOptions()
        options.confidence = 0
        let error = #expect(throws: NonFiniteOutput.self) { try detector.detect(bright, options: options) }
        guard case .layer(let name, operation: nil, nan: let count, infinite: 0, count: _)? = error?.cause else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(name.hasSuffix("net.cfg:5 [convolutional]") && count == 256, "\(error!)")
    }

    @Test("darknet weights: the size of the file tells the length of the header") func sizeTellsTheHeader() throws {
        let one: [Float] = [1, 1, 1, 1]
        let expected = try detector(variances: one).detect(bright)
        // Version 0.1 with a count of 64 bits, version 0.2 with one of 32, and each as it should be.
        for header in [[0, 1, 0, 0, 0], [0, 2, 0, 0], [0, 1, 0, 0], [0, 2, 0, 0, 0]] as [[Int32]] {
            #expect(try detector(variances: one, header: header).detect(bright) == expected, "\(header)")
        }
        let error = #expect(throws: DarknetError.self) { try detector(variances: one, header: [0, 1, 0, 0, 0, 0]) }
        guard case .weightCount? = error?.problem else {
            Issue.record("\(error as Any)")
            return
        }
    }

    /// A NaN must not vanish in an activation or a pooling.
    @Test(
        "networks: NaN in the first layer reaches the output",
        arguments: ["lenet5", "resnet20", "mobilenet_v3_small", "efficientnet-lite0", "squeezenet1_1"])
    func nanReachesTheOutput(name: String) throws {
        let spec = try ModelRegistry.spec(named: name)
        let (network, parameters) = ParameterSet.initialize(seed: 1) { spec.makeClassifier(classes: 3, $0) }
        let first = try #require(parameters.first)
        first.value = Tensor(repeating: .nan, shape: first.shape)
        parameters.setTrainable(false)
        let side = spec.defaultInput.height > 64 ? 64 : spec.defaultInput.height
        let x = Tensor(repeating: 0.5, shape: [1, spec.defaultInput.channels, side, side])
        #expect(throws: NonFiniteOutput.self) { try NonFiniteOutput.checking(x) { network($0) } }
    }
}
