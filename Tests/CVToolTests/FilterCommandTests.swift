import CVImage
import CVNN
import CVTask
import Foundation
import Testing

@Suite struct FilterCommandTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "cat.jpg")
        // The image of the course: bright on the left, dark on the right.
        var halves = Image(width: 6, height: 6, fill: .black)
        for index in 0..<18 { halves[index % 3, index / 3] = Color(10, 10, 10) }
        try halves.write(to: scratch.path + "/halves.png")
    }

    private func filter(_ arguments: String...) throws -> CommandResult {
        try runCommand(["filter"] + arguments, in: scratch.path)
    }

    @Test("cvtool filter: the vertical edge of the course has the value 30")
    func theEdgeOfTheCourseIsThirtyBright() throws {
        let result = try filter(
            "halves.png", "--kernel", "1,0,-1;1,0,-1;1,0,-1", "--padding", "valid", "-o", "edge.png")
        #expect(result.exitCode == 0 && result.output == "edge.png: 4×4, 0 to 30\n", "\(result.errors)")
        let edge = try scratch.image("edge.png")
        #expect((0..<4).map { edge[$0, 2].red } == [0, 30, 30, 0])
        // Sobel's sign is the other one: it becomes darker to the right.
        #expect(try filter("halves.png", "-k", "sobel-x", "--clip").output == "halves_filter.png: 6×6, -40 to 0\n")
        #expect(try scratch.image("halves_filter.png") == Image(width: 6, height: 6, fill: .black))
    }

    @Test("cvtool filter: the result equals that of the library")
    func theResultIsTheLibrarys() throws {
        let result = try filter("cat.jpg", "-k", "scharr-y", "--gray", "--signed", "--stride", "2", "-o", "out.png")
        #expect(result.exitCode == 0, "\(result.errors)")
        let cat = try scratch.image("cat.jpg")
        let response = try ImageFilter(FilterKernel("scharr-y"), stride: 2, gray: true)(cat)
        #expect(try scratch.image("out.png") == response.image(.signed))
        // Without --signed and the like, a blur keeps its levels and an edge loses its sign.
        for (name, rendering) in [("gaussian", FilterResponse.Rendering.clip), ("laplacian", .absolute)] {
            #expect(try filter("cat.jpg", "-k", name, "-o", "out.png", "--force").exitCode == 0)
            #expect(try scratch.image("out.png") == ImageFilter(FilterKernel(name))(cat).image(rendering))
        }
    }

    @Test("cvtool filter: --grey is --gray, and says so")
    func formerNameOfGrayStillWorks() throws {
        let former = try filter("cat.jpg", "-k", "sobel-x", "--grey", "-o", "former.png")
        let current = try filter("cat.jpg", "-k", "sobel-x", "--gray", "-o", "current.png")
        #expect(former.exitCode == 0 && current.exitCode == 0)
        #expect(former.errors == "cvtool: --grey is called --gray now\n" && current.errors == "")
        #expect(try scratch.bytes("former.png") == scratch.bytes("current.png"))
        let help = try filter("--help").output
        #expect(help.contains("--gray") && !help.contains("grey"))
    }

    @Test("cvtool filter: nothing is overwritten without --force, the input never")
    func nothingIsOverwrittenUnasked() throws {
        try scratch.write("kept", to: "cat_filter.jpg")
        let result = try filter("cat.jpg", "--kernel", "blur")
        #expect(result.exitCode == 1 && result.errors.contains("cat_filter.jpg: exists already; pass --force"))
        #expect(try scratch.text("cat_filter.jpg") == "kept")
        #expect(try filter("cat.jpg", "--kernel", "blur", "-o", "cat.jpg", "--force").exitCode == 64)
    }

    @Test(
        "cvtool filter: wrong arguments give a message and write nothing",
        arguments: [
            (["--kernel", "1,2;3"], 64, "row 2 of the kernel has 1 number, the first has 2"),
            (["--kernel", "1,x"], 64, "row 1 of the kernel: \"x\" is"),
            (["--kernel", ""], 64, "has no numbers"),
            (["--kernel", "sobel"], 64, "there is no kernel \"sobel\": did you mean sobel-x?"), ([], 64, "--kernel"),
            (["--kernel", "blur", "--stride", "0"], 64, "--stride 0: a number from 1 to 1024"),
            (["--kernel", "blur", "--padding", "none"], 64, "'valid', 'same' or 'reflect'"),
            (["--kernel", "blur", "--clip", "--signed"], 64, "--signed"),
            (["--kernel", "blur", "-o", "-"], 64, "-o -"),
            (["--kernel", "gaussian;1"], 64, "row 1 of the kernel: \"gaussian\" is"),
            (["--kernel", "blur", "-o", "x.gif"], 64, "suffix"),
            (["--kernel", "1,1,1,1,1,1,1", "--padding", "valid"], 1, " of 6×6 pixels with the padding valid"),
        ])
    func wrongUsageIsExplained(_ arguments: [String], _ code: Int32, _ message: String) throws {
        let result = try runCommand(["filter", "halves.png"] + arguments, in: scratch.path)
        #expect(result.exitCode == code && result.output.isEmpty)
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(try scratch.names() == ["cat.jpg", "halves.png"])
    }

    @Test("cvtool filter: help lists every kernel on one line")
    func helpNamesEveryKernelOnItsLine() throws {
        let help = try filter("--help")
        for named in FilterKernel.named {
            #expect(
                help.lines.contains { $0.hasPrefix("  \(named.name) ") && $0.hasSuffix(named.summary) }, "\(named.name)"
            )
        }
        #expect(help.lines.allSatisfy { $0.count <= 80 })
    }
}
