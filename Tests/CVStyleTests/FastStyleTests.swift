import CVCore
import CVImage
import CVModels
import CVNN
import CVStyle
import CVTask
import CVTensor
import CVWeights
import Foundation
import TestSupport
import Testing

/// Feed-forward style transfer: the 26 styles against ONNX Runtime, and streamed execution against the whole network.
@Suite struct FastStyleTests {
    /// The output of `Tools/golden.py multistyle`.
    private struct Golden: Decodable {
        struct Summary: Decodable { let norm: Float, values: [Float] }
        let seed: UInt64
        let input, shape: [Int]
        let styles: [String], weights: [Float]
        let result: Summary
    }

    private static let unit = Preprocessing(width: 32, height: 32, resize: .stretch)

    private static func network(_ variant: ImageTransformNet.Variant = ImageTransformNet.Variant(width: 6)) throws
        -> ImageTransformNet
    {
        try variant.network(seededState(ParameterSet.shapes { ImageTransformNet(variant, $0) }, seed: 20), mixing: [1])
    }

    @Test("feed-forward style: the 26 styles match ONNX Runtime") func stylesMatchONNXRuntime() throws {
        let path = packageFolder.appending(path: "Weights/multistyle26.safetensors").path
        let state = try Safetensors(path: path).stateDictionary()
        let styles = try FastStyleTransfer().styles
        for golden in try decoded("Golden/multistyle26.json", as: [Golden].self) {
            var mixture = styles.map { _ in Float(0) }
            for (name, weight) in zip(golden.styles, golden.weights) {
                mixture[try #require(styles.firstIndex(of: name))] = weight
            }
            let network = try ImageTransformNet.Variant.multistyle26.network(state, mixing: mixture)
            let y = network(uniformTensor(seed: golden.seed, Shape(golden.input)))
            #expect(y.shape.dimensions == golden.shape)
            let (values, count) = (y.values, golden.result.values.count)
            let norm = values.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
            #expect(abs(Float(norm) - golden.result.norm) < 1e-4 * golden.result.norm)
            for (position, expected) in golden.result.values.enumerated() {
                // Colors are from 0 to 1.
                #expect(abs(values[position * values.count / count] - expected) < 1e-4, "\(golden.styles), \(position)")
            }
        }
    }

    /// Bands of a few rows, feature maps computed twice or buffered, for sides divisible by 4 and others.
    @Test(
        "feed-forward style: streamed execution matches the network on the whole image",
        arguments: [(5, 5), (6, 7), (9, 40), (33, 5), (37, 51), (64, 48)])
    func streamedExecutionMatchesTheNetwork(width: Int, height: Int) throws {
        let image = StyleFixture.image(seed: 40, width: width, height: height)
        for variant in [ImageTransformNet.Variant(width: 6), .multistyle26] {
            let network = try Self.network(variant)
            let whole = network(image.unitTensor)
            #expect(whole.shape.dimensions == [1, 3, (height + 3) / 4 * 4, (width + 3) / 4 * 4])
            let (values, plane, across) = (whole.values, whole.shape[2] * whole.shape[3], whole.shape[3])
            for (band, buffered) in [(1, 0), (700, 0), (700, 1 << 27), (1 << 21, 1 << 27)] {
                let stylized = try FeedForwardStylizer(network, Self.unit, bandCount: band, bufferedCount: buffered)(
                    image)
                #expect((stylized.width, stylized.height) == (width, height))
                var furthest: Float = 0
                for (position, level) in stylized.pixels.enumerated() {
                    let (pixel, channel) = (position / 3, position % 3)
                    let value = values[channel * plane + pixel / width * across + pixel % width]
                    furthest = max(furthest, abs(Float(level) - 255 * value))
                }
                // The rounding to levels loses half a level.
                #expect(furthest < 0.55, "\(variant.name), bands of \(band), \(buffered) buffered")
            }
        }
    }

    @Test("feed-forward style: independent of the thread count") func theSameBytesOnAnyNumberOfThreads() throws {
        let threads = Parallel.threadCount
        defer { Parallel.threadCount = threads }
        let stylizer = FeedForwardStylizer(try Self.network(), Self.unit, bandCount: 3000, bufferedCount: 20_000)
        let image = StyleFixture.image(seed: 41, width: 61, height: 83)
        let images = try [1, 2, 3].map { count in
            Parallel.threadCount = count
            return try stylizer(image)
        }
        #expect(images[0] == images[1] && images[0] == images[2])
    }

    @Test("feed-forward style: images smaller than the reflection padding are rejected")
    func imagesBelowTheReflectionPaddingAreRejected() throws {
        let stylizer = FeedForwardStylizer(try Self.network(), Self.unit)
        for (width, height) in [(1, 1), (3, 5), (5, 4), (4, 300)] {
            let image = Image(width: width, height: height, fill: .white)
            #expect(throws: FastStyleError.tooSmall(width: width, height: height)) { try stylizer(image) }
        }
        // One color has no variance.
        let plain = try stylizer(Image(width: 12, height: 9, fill: .white))
        #expect((plain.width, plain.height) == (12, 9))
    }

    @Test("feed-forward style: styles are found by name and index") func stylesAreFoundByNameAndNumber() throws {
        let fast = try FastStyleTransfer()
        #expect(fast.styles.count == 26 && Set(fast.styles).count == 26)
        #expect(try fast.index(of: "starry") == 19 && fast.index(of: "19") == 19)
        do throws(FastStyleError) {
            _ = try fast.index(of: "stary")
            Issue.record("an unknown style was accepted")
        } catch {
            #expect(error.description == "there is no style \"stary\"; did you mean starry?")
            #expect(error.category == .usage)
        }
        #expect(throws: FastStyleError.styleTwice("ink")) { try fast.stylizer(["ink", "22"]) }
        #expect(throws: FastStyleError.self) { try fast.stylizer(["26"]) }
        #expect(throws: FastStyleError.self) { try fast.stylizer(["-1"]) }
    }

    @Test("feed-forward style: weights of another network are rejected by name") func otherWeightsAreRejected() throws {
        let error = #expect(throws: ModelFileError.self) { try FastStyleTransfer("resnet20-cifar10") }
        #expect(error?.description.contains("holds weights of resnet20 for the task 'classify'") == true)
    }

    /// Missing, unexpected and misshapen tensors are named when a stylizer is made.
    @Test("feed-forward style: missing, unexpected and misshapen weights are named") func mismatchedWeightsAreRejected()
        throws
    {
        let variant = ImageTransformNet.Variant(width: 4)
        let whole = seededState(ParameterSet.shapes { ImageTransformNet(variant, $0) }, seed: 21)
        func problem(_ change: (inout StateDictionary) -> Void) -> ParameterMismatch? {
            var state = whole
            change(&state)
            let fast = FastStyleTransfer(path: "some.safetensors", variant, styles: ["one"], state: state, Self.unit)
            do throws(FastStyleError) {
                _ = try fast.stylizer(["one"])
                return nil
            } catch {
                guard case .otherParameters("some.safetensors", let mismatch) = error else {
                    Issue.record("\(error)")
                    return nil
                }
                #expect(error.description == "some.safetensors: \(mismatch)" && error.category != .usage)
                return mismatch
            }
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0["in2.bias"] = nil }?.description.contains("in2.bias") == true)
        #expect(problem { $0["more"] = Tensor(repeating: 1, shape: [1]) }?.description.contains("more") == true)
        // Two styles, but one name.
        let rows = problem { $0["in1.weight"] = Tensor(repeating: 1, shape: [2, 4]) }
        #expect(rows?.description.contains("in1.weight") == true)
    }

    /// A file is rejected when it is loaded.
    @Test("feed-forward style: a file that does not fit is rejected on loading")
    func mismatchedFilesAreRejectedOnLoading() throws {
        let variant = ImageTransformNet.Variant(width: 4)
        var state = seededState(ParameterSet.shapes { ImageTransformNet(variant, $0) }, seed: 22)
        state["res3.in1.weight"] = nil
        let tensors = state.map { SafetensorsTensor($0, shape: $1.shape.dimensions, values: $1.values) }
        let metadata = WeightsMetadata(
            model: variant.name, task: "stylize", preprocessing: Self.unit, labels: ["one"])
        let path = NSTemporaryDirectory() + "fast-style-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileOutput.write(Safetensors.encode(tensors, metadata: metadata.dictionary), to: path)
        do {
            _ = try FastStyleTransfer(path)
            Issue.record("weights without res3.in1.weight")
        } catch let error as FastStyleError {
            #expect(error.description.hasPrefix(path) && error.description.contains("missing: \"res3.in1.weight\""))
        }
    }

    @Test("feed-forward style: the memory estimate is bounded and grows with the image")
    func moreMemoryIsNeededForMorePixels() throws {
        let stylizer = try FastStyleTransfer().stylizer(["ink"])
        #expect(stylizer.bytes(width: 4000, height: 3000) < 1_500_000_000)
        #expect(stylizer.bytes(width: 8000, height: 6000) > stylizer.bytes(width: 4000, height: 3000))
    }
}
