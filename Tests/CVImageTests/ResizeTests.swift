import CVCore
import CVImage
import TestSupport
import Testing

@Suite struct ResizeTests {
    /// Golden files: `Tools/golden.py images`, Pillow 13.0.
    @Test("resize: every sample equals Pillow", arguments: ResizeFilter.allCases, ["rgb", "rgba"])
    func everySampleEqualsPillows(filter: ResizeFilter, mode: String) throws {
        for golden in try GoldenCase.load("resize/\(filter)-\(mode).json") {
            let result = golden.source.image.resized(
                width: golden.target.width, height: golden.target.height, filter: filter, region: golden.box)
            #expect(largestDifference(result, golden.target.image) == 0, "\(filter), \(golden)")
        }
    }

    @Test("resize: every instruction set equals the scalar kernel", arguments: InstructionSet.available)
    func everyInstructionSetGivesWhatTheScalarKernelGives(instructionSet: InstructionSet) {
        let sizes = [(1, 1), (2, 3), (5, 7), (6, 4), (16, 9), (33, 31), (130, 67), (257, 5), (3, 200)]
        for format in [Image.Format.rgb, .rgba] {
            for (oldWidth, oldHeight) in sizes {
                let image = noise(width: oldWidth, height: oldHeight, format: format)
                for (width, height) in sizes {
                    for filter in ResizeFilter.allCases {
                        for antialias in [true, false] {
                            func resized(_ instructionSet: InstructionSet) -> Image {
                                image.resized(
                                    width: width, height: height, filter: filter, antialias: antialias, region: nil,
                                    instructionSet: instructionSet)
                            }
                            #expect(
                                resized(instructionSet) == resized(.scalar),
                                """
                                \(instructionSet), \(format), \(oldWidth)×\(oldHeight) -> \(width)×\(height), \
                                \(filter), antialias \(antialias)
                                """)
                        }
                    }
                }
            }
        }
    }

    @Test("resize: the result does not depend on the threads") func theNumberOfThreadsChangesNothing() {
        let image = noise(width: 311, height: 403, format: .rgb)
        let threads = Parallel.threadCount
        defer { Parallel.threadCount = threads }
        Parallel.threadCount = 1
        let alone = image.resized(width: 97, height: 120, filter: .lanczos)
        Parallel.threadCount = 7
        #expect(image.resized(width: 97, height: 120, filter: .lanczos) == alone)
    }

    /// `cv2.resize` of OpenCV 4.10 for the same seeded samples, to the bit.
    @Test("resize: linear interpolation without smoothing equals OpenCV") func linearEqualsOpenCV() {
        let samples = (0..<7 * 9 * 3).map { UInt8(SplitMix64.number(UInt64($0), seed: 77) >> 56) }
        let image = Image(width: 9, height: 7, format: .rgb, pixels: samples)
        let expected: [UInt8] = [
            63, 155, 114, 208, 129, 82, 179, 121, 65, 115, 169, 65, 125, 30, 120, 42, 121, 195, 158, 165, 215, 33, 69,
            108, 72, 70, 178, 161, 50, 75, 89, 169, 125, 90, 70, 81, 193, 174, 41, 141, 193, 216, 173, 166, 41, 142, 85,
            137, 174, 72, 89, 139, 47, 127, 168, 134, 212, 123, 112, 101,
        ]
        #expect(image.resizedLinearly(width: 5, height: 4).pixels == expected)
        for (width, height) in [(1, 1), (40, 3), (9, 7)] {
            let result = Image(width: 9, height: 7, fill: Color(9, 8, 7)).resizedLinearly(width: width, height: height)
            #expect(result == Image(width: width, height: height, fill: Color(9, 8, 7)))
        }
    }

    @Test("resize: a constant image is unchanged", arguments: ResizeFilter.allCases)
    func anImageOfOneColorKeepsIt(filter: ResizeFilter) {
        let image = Image(width: 23, height: 57, fill: Color(3, 128, 255))
        for (width, height) in [(1, 1), (100, 3), (23, 11), (64, 64)] {
            for antialias in [true, false] {
                let result = image.resized(width: width, height: height, filter: filter, antialias: antialias)
                #expect(
                    result == Image(width: width, height: height, fill: Color(3, 128, 255)),
                    "\(filter) \(width)×\(height), antialias \(antialias)")
            }
        }
    }

    @Test("resize: without antialias only the two nearest pixels count")
    func withoutAntialiasingOnlyTheTwoNearestPixelsCount() {
        // 1 × 8 to 1 × 2: the new centers lie at 2 and 6, between pixels 1|2 and 5|6.
        var image = Image(width: 8, height: 1, fill: .black)
        image[1, 0] = Color(100, 0, 0)
        image[2, 0] = Color(200, 0, 0)
        image[4, 0] = Color(255, 255, 255)
        let result = image.resized(width: 2, height: 1, filter: .bilinear, antialias: false)
        #expect(result[0, 0] == Color(150, 0, 0))
        #expect(result[1, 0] == .black)
    }

    @Test("resize: transparent colors do not bleed") func colorsUnderTransparentPixelsDoNotBleed() {
        var image = Image(width: 2, height: 1, format: .rgba, fill: Color(255, 0, 0, 0))
        image[1, 0] = Color(0, 0, 255, 255)
        let result = image.resized(width: 1, height: 1, filter: .box)
        #expect(result[0, 0] == Color(0, 0, 255, 128))
    }
}

@Suite struct LetterboxTests {
    @Test(
        "letterbox: a box survives the round trip",
        arguments: [
            (640, 480, 640, 640), (1, 10000, 416, 416), (10000, 1, 416, 416), (4000, 3000, 640, 640), (1, 1, 640, 640),
            (333, 777, 320, 192), (3, 5, 2, 2), (641, 640, 640, 640), (7, 7000, 1, 1),
        ])
    func aBoxGoesThereAndBack(width: Int, height: Int, targetWidth: Int, targetHeight: Int) {
        let letterbox = Letterbox(width: width, height: height, into: (targetWidth, targetHeight))
        #expect(letterbox.resizedWidth >= 1 && letterbox.resizedHeight >= 1)
        #expect(letterbox.offsetX * 2 + letterbox.resizedWidth <= targetWidth)
        #expect(letterbox.offsetY * 2 + letterbox.resizedHeight <= targetHeight)
        // One side fills the frame.
        #expect(letterbox.resizedWidth == targetWidth || letterbox.resizedHeight == targetHeight)

        // The whole image maps exactly to its region of the frame, whatever the rounding.
        let whole = Box(minX: 0, minY: 0, maxX: Float(width), maxY: Float(height))
        let framed = letterbox.toTarget(whole)
        #expect(abs(framed.minX - Float(letterbox.offsetX)) < 1e-3)
        #expect(abs(framed.maxX - Float(letterbox.offsetX + letterbox.resizedWidth)) < 1e-3)
        #expect(abs(framed.maxY - Float(letterbox.offsetY + letterbox.resizedHeight)) < 1e-3)

        let box = Box(
            minX: Float(width) * 0.13, minY: Float(height) * 0.27, maxX: Float(width) * 0.71, maxY: Float(height))
        let back = letterbox.toSource(letterbox.toTarget(box))
        // 2^-24 of the frame's size, scaled by the inverse mapping.
        let toleranceX = Float(targetWidth) * 1.2e-7 / Float(letterbox.scaleX) + Float(width) * 1.2e-7
        let toleranceY = Float(targetHeight) * 1.2e-7 / Float(letterbox.scaleY) + Float(height) * 1.2e-7
        #expect(abs(back.minX - box.minX) <= toleranceX && abs(back.maxX - box.maxX) <= toleranceX, "\(back) \(box)")
        #expect(abs(back.minY - box.minY) <= toleranceY && abs(back.maxY - box.maxY) <= toleranceY, "\(back) \(box)")
    }

    /// Python's `int(512 * min(416 / 512, 416 / 773))`: the full side is one pixel short by rounding, and YOLOX keeps that.
    @Test("letterbox: at the upper left as YOLOX has it") func atTheUpperLeft() {
        let letterbox = Letterbox(width: 773, height: 512, into: (416, 416), alignment: .topLeft)
        #expect((letterbox.resizedWidth, letterbox.resizedHeight) == (415, 275))
        #expect((letterbox.offsetX, letterbox.offsetY) == (0, 0))
        let scale = 416.0 / 773
        #expect((letterbox.scaleX, letterbox.scaleY) == (scale, scale))
        #expect(letterbox.toSource(Point(x: 208, y: 104)) == Point(x: 386.5, y: 193.25))
    }

    @Test("letterbox: the frame holds the image and the fill") func theFrameHoldsTheImageAndTheFill() {
        let image = Image(width: 4, height: 2, fill: Color(200, 10, 20))
        let (frame, letterbox) = image.letterboxed(width: 9, height: 9, fill: Color(1, 2, 3))
        // 4 × 2 becomes 9 × 4.5, rounded to 9 × 5 (away from zero), under two rows of fill.
        #expect((letterbox.resizedWidth, letterbox.resizedHeight) == (9, 5))
        #expect((letterbox.offsetX, letterbox.offsetY) == (0, 2))
        for y in 0..<9 {
            for x in 0..<9 {
                let expected = (2..<7).contains(y) ? Color(200, 10, 20) : Color(1, 2, 3)
                #expect(frame[x, y] == expected, "\(x), \(y)")
            }
        }
    }

    @Test("paste: is clipped to the image") func pastingOutsideLeavesThatPartOut() {
        let patch = Image(width: 3, height: 3, fill: .white)
        for (x, y, covered) in [(-1, -2, 2), (3, 3, 1), (4, 0, 0), (-3, 0, 0), (Int.min, Int.max, 0), (1, 1, 9)] {
            var image = Image(width: 4, height: 4, fill: .black)
            image.paste(patch, x: x, y: y)
            #expect(image.pixels.count { $0 == 255 } == covered * 3, "at \(x), \(y)")
        }
    }
}
