import CVImage
import CVNN
import CVStyle
import CVTensor
import TestSupport
import Testing

/// The output of `Tools/golden.py style`.
struct StyleGolden: Decodable {
    struct Descent: Decodable {
        let name: String
        /// Before each step: content, style, variation, total.
        let losses: [[Float]]
    }

    let gram, gramGradient: [Float]
    let variation: Float
    let variationGradient: [Float]
    let layout: Float
    let layoutGradient: [Float]
    let descents: [Descent]

    static func read() throws -> StyleGolden { try decoded("Golden/style.json", as: StyleGolden.self) }
}

/// Gram matrices, total variation and color layout, with their gradients: compared with PyTorch and finite differences.
@Suite struct StyleCostTests {
    private let x = seededTensor(seed: 7, [2, 3, 4, 5])

    @Test("Gram matrix: value and gradient match PyTorch") func gramIsThatOfPyTorch() throws {
        let golden = try StyleGolden.read()
        let tape = Tape(.inference)
        let watched = tape.watch(x, gradient: true)
        let products = gram(watched)
        #expect(relativeError(products, Tensor(golden.gram, shape: [2, 3, 3])) < 1e-6)
        let gradient = tape.gradients(of: products, seed: seededTensor(seed: 8, [2, 3, 3]))[watched]
        #expect(relativeError(try #require(gradient), Tensor(golden.gramGradient, shape: x.shape)) < 1e-6)
    }

    @Test("total variation: value and gradient match PyTorch") func variationIsThatOfPyTorch() throws {
        let golden = try StyleGolden.read()
        let tape = Tape(.inference)
        let watched = tape.watch(seededTensor(seed: 9, [2, 3, 4, 5]), gradient: true)
        let value = totalVariation(watched)
        #expect(abs(value.item - golden.variation) < 1e-6 * golden.variation)
        let gradient = try #require(tape.gradients(of: value)[watched])
        #expect(relativeError(gradient, Tensor(golden.variationGradient, shape: x.shape)) < 1e-6)
    }

    @Test("color layout loss: value and gradient match PyTorch") func layoutIsThatOfPyTorch() throws {
        let golden = try StyleGolden.read()
        let tape = Tape(.inference)
        let watched = tape.watch(uniformTensor(seed: 10, [1, 3, 5, 73]), gradient: true)
        let loss = ColorLayoutLoss(uniformTensor(seed: 11, watched.shape)).loss(watched)
        #expect(abs(loss.item - golden.layout) < 1e-6 * golden.layout)
        let gradient = try #require(tape.gradients(of: loss)[watched])
        #expect(relativeError(gradient, Tensor(golden.layoutGradient, shape: watched.shape)) < 1e-6)
    }

    @Test("Gram matrix and total variation: gradients match finite differences") func gradientsAreTheSlopes() {
        checkGradient(of: [seededTensor(seed: 1, [1, 5, 7, 6])]) { gram($0[0]) }
        checkGradient(of: [seededTensor(seed: 2, [1, 3, 9, 4])]) { totalVariation($0[0]) }
        checkGradient(of: [seededTensor(seed: 3, [2, 3, 1, 5])]) { totalVariation($0[0]) }
    }

    @Test("Gram matrix: many pixels match the definition") func gramOfManyPixelsIsTheSumOverThem() {
        // More pixels than a block of the matrix product.
        let x = seededTensor(seed: 4, [1, 17, 61, 67])
        let (values, plane) = (x.values, 61 * 67)
        let expected = (0..<17 * 17).map { position in
            let (a, b) = (position / 17 * plane, position % 17 * plane)
            return Float((0..<plane).reduce(0.0) { $0 + Double(values[a + $1] * values[b + $1]) } / Double(plane))
        }
        #expect(relativeError(gram(x), Tensor(expected, shape: [1, 17, 17])) < 1e-5)
    }

    @Test("total variation: 0 for an image of one pixel") func anImageOfOnePixelHasNoVariation() {
        let tape = Tape(.inference)
        let x = tape.watch(Tensor([0.5], shape: [1, 1, 1, 1]), gradient: true)
        let value = totalVariation(x)
        #expect(value.item == 0)
        #expect(tape.gradients(of: value)[x]?.values == [0])
    }

    @Test("style mask: a white mask changes nothing") func whiteMasksChangeNothing() {
        let features = seededTensor(seed: 5, [1, 4, 6, 8])
        let white = StyleMask(Image(width: 3, height: 3, fill: .white))
        #expect(white.share == 1)
        #expect(relativeError(white.gram(features), gram(features)) < 1e-5)
    }

    @Test("style mask: the Gram matrix is that of the pixels under the white part") func masksSelectTheirWhitePart() {
        // The left half of 8 columns.
        var image = Image(width: 8, height: 6, fill: .black)
        for y in 0..<6 { for x in 0..<4 { image[x, y] = .white } }
        let features = seededTensor(seed: 6, [1, 4, 6, 8])
        let values = features.values
        let left = Tensor(
            (0..<4 * 6 * 4).map { values[$0 / 24 * 48 + $0 % 24 / 4 * 8 + $0 % 4] }, shape: [1, 4, 6, 4])
        #expect(StyleMask(image).share == 0.5)
        #expect(relativeError(StyleMask(image).gram(features), gram(left)) < 1e-5)
    }

    @Test(
        "style objective: a region counts by its share of the image, in the loss and in the gradient",
        arguments: [false, true])
    func regionsCountByTheirShare(normalized: Bool) throws {
        let content = StyleFixture.image(seed: 21, width: 24, height: 16)
        let style = StyleFixture.image(seed: 22, width: 24, height: 16)
        var options = StyleFixture.options()
        (options.contentWeight, options.variationWeight) = (0, 0)
        options.normalizesGradients = normalized
        let network = try StyleFixture.network(through: "conv3_2")
        func result(_ source: StyleSource) throws -> (loss: Float, gradient: Tensor) {
            let objective = StyleObjective(network, content: content, styles: [source], options)
            let tape = Tape(.inference)
            let x = tape.watch(seededTensor(seed: 23, [1, 3, 16, 24]) * 0.2 + 0.5, gradient: true)
            let (total, losses) = objective(x)
            return (losses.style, try #require(tape.gradients(of: total)[x]))
        }
        // Under a uniform mask the Gram matrix is that of the whole image: only the share differs, 51 of 255.
        let mask = Image(width: 24, height: 16, fill: Color(51, 51, 51))
        let (whole, part) = (try result(StyleSource(style)), try result(StyleSource(style, region: mask)))
        #expect(whole.loss > 0)
        #expect(abs(part.loss - 0.2 * whole.loss) < 1e-4 * whole.loss)
        #expect(relativeError(part.gradient, whole.gradient * 0.2) < 1e-3)
    }
}
