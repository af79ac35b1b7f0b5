import CVImage
import CVNN
import CVTensor
import CVWeights
import TestSupport
import Testing

/// Against torchvision: `Tools/golden.py ten-crop`.
@Suite struct TenCropTests {
    private struct Case: Decodable {
        let width, height, side: Int
        let resize: String
        let shorterSide: Int?
        let samples: [Int]
    }

    @Test("ten crops: match torchvision")
    func theTenCropsAreThoseOfTorchvision() throws {
        let cases = try decoded("Golden/ten-crop.json", as: [Case].self)
        #expect(cases.count == 6)
        for golden in cases {
            let preprocessing = Preprocessing(
                width: golden.side, height: golden.side, resize: .init(rawValue: golden.resize)!,
                shorterSide: golden.shorterSide)
            let crops = preprocessing.tenCrops(ramp(width: golden.width, height: golden.height))
            #expect(crops.shape == [10, 3, golden.side, golden.side])
            let (values, plane) = (crops.values, golden.side * golden.side)
            let found = values.indices.map { index in
                // From [crop, y, x, channel] to [crop, channel, y, x].
                let (crop, pixel, channel) = (index / (3 * plane), index / 3 % plane, index % 3)
                return Int((values[crop * 3 * plane + channel * plane + pixel] * 255).rounded())
            }
            #expect(found == golden.samples, "\(golden.width)×\(golden.height) \(golden.resize)")
        }
    }

    @Test("ten crops: a letterbox keeps its fill")
    func letterboxesKeepTheirFrame() {
        let preprocessing = Preprocessing(width: 7, height: 7, resize: .letterbox, fill: [51, 51, 51])
        let crops = preprocessing.tenCrops(Image(width: 16, height: 8, fill: .white)).values
        // The image is 8 × 4 in a frame of 8 × 8: two rows above and below it.
        #expect(crops[..<14].allSatisfy { $0 == 0.2 } && crops[14..<42].allSatisfy { $0 == 1 })
        #expect(crops[42..<49].allSatisfy { $0 == 0.2 })
    }
}
