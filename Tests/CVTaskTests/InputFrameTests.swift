import CVImage
import CVNN
import CVTensor
import CVWeights
import Testing

@Suite struct InputFrameTests {
    /// An image whose colors encode the position: red is x, green is y.
    private func positions(width: Int, height: Int) -> Image {
        let pixels: [UInt8] = (0..<width * height).flatMap { position -> [UInt8] in
            [UInt8(position % width), UInt8(position / width), 0]
        }
        return Image(width: width, height: height, format: .rgb, pixels: pixels)
    }

    @Test(
        "input frame: pixels of the input map to their source positions",
        arguments: [
            Preprocessing(width: 24, height: 24, resize: .stretch), Preprocessing(width: 24, height: 24, resize: .crop),
            Preprocessing(width: 24, height: 16, resize: .crop, shorterSide: 20),
            Preprocessing(width: 24, height: 24, resize: .letterbox),
        ])
    func everyPixelOfTheInputIsWhereItsColorsSay(preprocessing: Preprocessing) {
        for (width, height) in [(200, 90), (90, 200), (120, 121)] {
            let input = preprocessing.tensor(positions(width: width, height: height)).values
            let frame = preprocessing.frame(width: width, height: height)
            #expect(frame.width == preprocessing.width && frame.height == preprocessing.height)
            let plane = preprocessing.width * preprocessing.height
            for position in 0..<plane {
                let (x, y) = (Float(position % preprocessing.width), Float(position / preprocessing.width))
                let box = frame.toSource(Box(minX: x, minY: y, maxX: x + 1, maxY: y + 1))
                let (middleX, middleY) = ((box.minX + box.maxX) / 2, (box.minY + box.maxY) / 2)
                // At the borders pixels are mixed of what is inside, and around a letterboxed image there is none.
                let (reachX, reachY) = (box.width, box.height)
                guard middleX > reachX, middleX < Float(width) - reachX, middleY > reachY,
                    middleY < Float(height) - reachY
                else { continue }
                #expect(abs(input[position] * 255 + 0.5 - middleX) < 1.1, "x of \(position), \(width)×\(height)")
                #expect(
                    abs(input[plane + position] * 255 + 0.5 - middleY) < 1.1, "y of \(position), \(width)×\(height)")
            }
        }
    }

    @Test("input frame: a letterbox extends beyond the image")
    func aLetterboxReachesBeyondTheImage() {
        let frame = Preprocessing(width: 10, height: 10, resize: .letterbox).frame(width: 100, height: 50)
        #expect(frame.box == Box(minX: 0, minY: -20, maxX: 100, maxY: 80))
    }
}
