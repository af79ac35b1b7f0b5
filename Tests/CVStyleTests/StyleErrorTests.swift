import CVImage
import CVModels
import CVNN
import CVStyle
import CVTask
import TestSupport
import Testing

/// Inputs and options that are rejected, and their messages.
@Suite struct StyleErrorTests {
    private let transfer = StyleFixture.transfer
    private let image = StyleFixture.image(seed: 1, width: 48, height: 36)

    private func problem(
        _ content: Image? = nil, style: Image? = nil, _ change: (inout StyleOptions) -> Void = { _ in }
    ) -> StyleError? {
        var options = StyleFixture.options()
        change(&options)
        do throws(StyleError) {
            _ = try transfer.plan(content ?? image, styles: [StyleSource(style ?? image)], options: options)
            return nil
        } catch {
            return error
        }
    }

    @Test("style transfer errors: images that are too small are named with the minimum")
    func imagesThatAreTooSmallAreRejected() {
        #expect(problem() == nil)
        let pixel = Image(width: 1, height: 1, fill: .white)
        #expect(
            problem(style: pixel) == .tooSmall(.style(0), width: 1, height: 1, minimum: 8, layer: "conv3_2"))
        #expect(problem(pixel) == .tooSmall(.content, width: 1, height: 1, minimum: 8, layer: "conv3_2"))
        #expect(
            problem(pixel)?.description
                == "the content image has 1 × 1 pixels: conv3_2 needs at least 8 on each side; use a larger image, "
                + "or layers of a lower number")
        let narrow = StyleFixture.image(seed: 2, width: 400, height: 10)
        #expect(problem(narrow) == .tooNarrow(.content, size: 32, width: 32, height: 1, minimum: 8))
        // A style image has as many pixels as the layers need, however long that makes it.
        #expect(problem(style: narrow) == nil)
        #expect(StyleFrame(style: narrow, longerSide: 32, minimum: 8) == StyleFrame(narrow, longerSide: 320))
    }

    @Test("style transfer errors: images of one color are rejected") func imagesOfOneColorAreRejected() {
        let gray = Image(width: 40, height: 40, fill: Color(9, 9, 9))
        #expect(problem(style: gray) == .oneColor(.style(0)))
        #expect(problem(gray) == .oneColor(.content))
        #expect(problem(gray) { $0.contentWeight = 0 } == nil)
    }

    @Test("style layers: names and weights are parsed and checked") func layersAreReadWithTheirWeights() throws {
        let known = VGGFeatures.featureLayers(.vgg16).map(\.name)
        #expect(known.count == 13 && known.first == "conv1_1" && known.last == "conv5_3")
        let layers = try StyleLayer.list("conv1_1,relu2_1=0.5", known: known)
        #expect(layers == [StyleLayer("conv1_1"), StyleLayer("conv2_1", weight: 0.5)])
        func problem(_ text: String) -> StyleError? {
            do throws(StyleError) {
                _ = try StyleLayer.list(text, known: known)
                return nil
            } catch {
                return error
            }
        }
        #expect(problem("conv4_4") == .unknownLayer("conv4_4", nearest: "conv4_1", known: known))
        #expect(problem("conv4-1")?.description.contains("did you mean conv4_1?") == true)
        #expect(problem("") == .unknownLayer("", nearest: nil, known: known))
        #expect(problem("conv1_1,conv1_1") == .layerTwice("conv1_1"))
        for text in ["0", "-1", "nan", "inf", "x", ""] {
            #expect(problem("conv1_1=\(text)") == .badLayerWeight(layer: "conv1_1", found: text))
        }
        #expect(self.problem { $0.styleLayers = [StyleLayer("conv9_1")] }?.category == .usage)
    }

    @Test("style transfer errors: black masks are rejected") func blackMasksAreRejected() {
        let black = Image(width: 4, height: 4, fill: .black)
        let options = StyleFixture.options()
        #expect(throws: StyleError.emptyMask(.contentMask(0))) {
            try transfer.plan(image, styles: [StyleSource(image, region: black)], options: options)
        }
        #expect(throws: StyleError.emptyMask(.styleMask(0))) {
            try transfer.plan(image, styles: [StyleSource(image, part: black)], options: options)
        }
    }

    @Test("style transfer errors: a size beyond the memory is rejected with one that fits")
    func sizesBeyondTheMemoryAreRejected() throws {
        var options = StyleFixture.options(size: 4096)
        let styles = [StyleSource(image)]
        let plan = try transfer.plan(image, styles: styles, options: options)
        try transfer.check(plan, available: plan.bytes, image, styles: styles, options: options)
        do throws(StyleError) {
            try transfer.check(plan, available: plan.bytes / 2, image, styles: styles, options: options)
            Issue.record("half of the memory was accepted")
        } catch {
            guard case .notEnoughMemory(4096, plan.bytes, plan.bytes / 2, let size?) = error else {
                Issue.record("\(error)")
                return
            }
            options.size = size
            let smaller = try transfer.plan(image, styles: styles, options: options)
            #expect(size > 2048 && smaller.bytes <= plan.bytes / 2)
        }
    }

    @Test("style transfer errors: weights of another network are rejected") func otherWeightsAreRejected() throws {
        let path = packageFolder.appending(path: "Weights/resnet20-cifar10.safetensors").path
        let error = #expect(throws: ModelFileError.self) { _ = try StyleTransfer(path) }
        #expect(
            error?.problem
                == .otherNetwork(found: "resnet20", expected: ["vgg11", "vgg13", "vgg16", "vgg19", "vgg16-hed"]))
        #expect(error?.path == path)
    }
}
