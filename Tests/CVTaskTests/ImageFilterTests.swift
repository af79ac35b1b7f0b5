import CVImage
import CVNN
import CVTask
import CVTensor
import TestSupport
import Testing

@Suite struct ImageFilterTests {
    /// The first convolution of the course: bright on the left, dark on the right, and an edge between.
    private static func halves(_ left: Float, _ right: Float) -> Tensor {
        Tensor((0..<6).flatMap { _ in [left, left, left, right, right, right] }, shape: [1, 1, 6, 6])
    }

    @Test("filter: the sign of an edge follows its direction", arguments: ["vertical-edge", "1,0,-1;1,0,-1;1,0,-1"])
    func anEdgeFromBrightToDarkIsPositiveAndFromDarkToBrightNegative(_ text: String) throws {
        let filter = ImageFilter(try FilterKernel(text), padding: .valid)
        let (bright, dark) = (filter(Self.halves(10, 0)), filter(Self.halves(0, 10)))
        #expect(bright.shape == [1, 1, 4, 4])
        #expect(bright.values == (0..<4).flatMap { _ in [0, 30, 30, 0] as [Float] })
        #expect(dark.values == (0..<4).flatMap { _ in [0, -30, -30, 0] as [Float] })
    }

    /// By the definition: a sum over the window, at each position.
    @Test(
        "filter: matches the sum over each window",
        arguments: ["sobel-y", "emboss", "gaussian", "1,2,3,4;0.5,-1,1/4,8", "7"], ImageFilter.Padding.allCases)
    func everyPositionIsTheSumOverItsWindow(_ text: String, _ padding: ImageFilter.Padding) throws {
        let (kernel, height, width) = (try FilterKernel(text), 11, 9)
        let x = seededTensor(seed: 1, [2, 1, height, width])
        for stride in [1, 2, 3] {
            let found = ImageFilter(kernel, padding: padding, stride: stride)(x)
            let before = padding == .valid ? (0, 0) : ((kernel.height - 1) / 2, (kernel.width - 1) / 2)
            let size =
                padding == .valid
                ? ((height - kernel.height) / stride + 1, (width - kernel.width) / stride + 1)
                : ((height + stride - 1) / stride, (width + stride - 1) / stride)
            func level(_ plane: Int, _ y: Int, _ x0: Int) -> Float {
                func mirrored(_ position: Int, _ size: Int) -> Int {
                    position < 0 ? -position : position >= size ? 2 * (size - 1) - position : position
                }
                let isInside = (0..<height).contains(y) && (0..<width).contains(x0)
                if padding == .same, !isInside { return 0 }
                return x.values[(plane * height + mirrored(y, height)) * width + mirrored(x0, width)]
            }
            var expected: [Float] = []
            for plane in 0..<2 {
                for row in 0..<size.0 {
                    for column in 0..<size.1 {
                        var sum: Float = 0
                        for (i, weights) in kernel.rows.enumerated() {
                            for (j, weight) in weights.enumerated() {
                                let (y, x) = (row * stride - before.0 + i, column * stride - before.1 + j)
                                sum += weight * level(plane, y, x)
                            }
                        }
                        expected.append(sum)
                    }
                }
            }
            let reference = Tensor(expected, shape: [2, 1, size.0, size.1])
            #expect(relativeError(found, reference) < 1e-5, "\(text), \(padding), \(stride)")
        }
    }

    @Test("filter: named kernels sum to 1 or 0")
    func kernelsKeepTheBrightnessOrRespondToDifferencesOnly() {
        let names = FilterKernel.named.map(\.name)
        #expect(Set(names).count == names.count && names.contains("scharr-y"))
        for (name, sum) in zip(names, FilterKernel.named.map(\.kernel.sum)) {
            let keeps = ["sharpen", "blur", "gaussian", "emboss"].contains(name)
            #expect(abs(sum - (keeps ? 1 : 0)) < 1e-6, "\(name)")
        }
    }

    @Test("filter: color channels are independent, gray is their luma")
    func colorsAreFilteredApartAndGrayIsTheirMixture() throws {
        var image = Image(width: 6, height: 6, fill: Color(10, 200, 0))
        for index in 0..<18 { image[3 + index % 3, index / 3] = Color(0, 200, 100) }
        let edge = try FilterKernel("vertical-edge")
        let colors = try ImageFilter(edge, padding: .valid)(image)
        #expect(colors.values.shape == [3, 1, 4, 4] && colors.range == -300...30)
        #expect(colors.image(.clip)[1, 1] == Color(30, 0, 0))
        #expect(colors.image(.absolute)[1, 1] == Color(30, 0, 255))
        #expect(colors.image(.signed)[1, 1] == Color(140, 128, 0))
        #expect(colors.image(.stretch)[1, 1] == Color(255, 232, 0))
        // 0.299 · 10 + 0.587 · 200 = 120.4; with 0.114 · 100 instead 128.8.
        let gray = try ImageFilter(edge, padding: .valid, gray: true)(image)
        #expect(gray.values.shape == [1, 1, 4, 4] && gray.range == -27...0)
        #expect(gray.image(.absolute)[2, 3] == Color(27, 27, 27))
    }

    @Test("filter: a constant image with reflect padding has no edges")
    func anImageOfOneColorHasNoEdgesInAMirrorAndStaysUnderABlur() throws {
        let image = Image(width: 5, height: 4, fill: Color(90, 91, 92))
        for named in FilterKernel.named {
            let response = try ImageFilter(named.kernel)(image)
            let rendered = response.image(.init(for: named.kernel))
            let kept = abs(named.kernel.sum) > 0.5
            #expect(rendered == Image(width: 5, height: 4, fill: kept ? Color(90, 91, 92) : .black), "\(named.name)")
            #expect(response.image(.signed)[0, 0].red >= 127)
        }
    }

    @Test(
        "filter: invalid kernels throw",
        arguments: [
            ("", FilterError.empty), (" \n ", .empty), ("1,2;3", .ragged(row: 2, expected: 2, found: 1)),
            ("1,x", .notANumber("x", row: 1)), ("a,b", .notANumber("a", row: 1)), ("1,;2,3", .notANumber("", row: 1)),
            ("1;;2", .notANumber("", row: 2)), ("1/0", .notANumber("1/0", row: 1)), ("2/", .notANumber("2/", row: 1)),
            ("1e60", .notANumber("1e60", row: 1)), ("1e20", .notANumber("1e+20", row: 1)),
            ("-inf", .notANumber("-inf", row: 1)),
            (String(repeating: "1,", count: 5000) + "1", .tooLarge(height: 1, width: 5001)),
            (String(repeating: "1;", count: 5000) + "1", .tooLarge(height: 5001, width: 1)),
        ])
    func whatIsNoKernelIsAnError(_ text: String, _ expected: FilterError) {
        #expect(throws: expected) { try FilterKernel(text) }
    }

    @Test("filter: kernels are parsed from names and numbers")
    func namesAndNumbersAreRead() throws {
        #expect(try FilterKernel(" 1, -2.5 ;\n 1/4,1e2 ").rows == [[1, -2.5], [0.25, 100]])
        #expect(try FilterKernel("1;2\n3;\n").rows == [[1], [2], [3]])
        let error = #expect(throws: FilterError.self) { try FilterKernel("sobelx") }
        #expect(error?.description.hasPrefix("there is no kernel \"sobelx\": did you mean sobel-x? known are ") == true)
        #expect(throws: FilterError.self) { try FilterKernel(rows: []) }
        #expect(throws: FilterError.self) { try FilterKernel(rows: [[.nan]]) }
    }

    @Test("filter: an image smaller than the kernel needs zero padding")
    func anImageSmallerThanTheKernelIsAnErrorUnlessZerosAreAround() throws {
        let kernel = try FilterKernel("gaussian")
        let small = Image(width: 2, height: 9, fill: .white)
        for padding in [ImageFilter.Padding.valid, .reflect] {
            #expect(throws: FilterError.doesNotFit(kernel: "5×5", width: 2, height: 9, padding: padding)) {
                try ImageFilter(kernel, padding: padding)(small)
            }
        }
        #expect(try ImageFilter(kernel, padding: .same)(small).values.shape == [3, 1, 9, 2])
        #expect(try ImageFilter(kernel)(Image(width: 3, height: 3, fill: .white)).values.shape == [3, 1, 3, 3])
    }
}
