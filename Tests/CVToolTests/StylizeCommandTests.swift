import CVImage
import Foundation
import Testing

@Suite struct StylizeCommandTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("portrait.jpg", as: "portrait.jpg")
        try scratch.put("coffee.jpg", as: "coffee.jpg")
    }

    private func stylize(_ arguments: String...) throws -> CommandResult {
        try runCommand(["stylize"] + arguments, in: scratch.path)
    }

    private let short = ["--size", "32", "--iterations", "2"]

    @Test("cvtool stylize: the same seed gives the same file with any number of threads")
    func theSameSeedGivesTheSameFileOnAnyNumberOfThreads() throws {
        for threads in ["1", "3"] {
            let result = try runCommand(
                ["stylize", "portrait.jpg", "coffee.jpg", "-o", "\(threads).png", "--threads", threads, "-q"]
                    + ["--init", "noise", "--seed", "5", "--save-every", "3"] + short, in: scratch.path)
            #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
            let line = /[13]\.png: 32 × 32, content 0\.\d{4}, style 0\.\d{4}, smoothness 0\.\d{4}, 4 steps, \d+\.\d s/
            #expect(result.lines.count == 1 && result.lines[0].wholeMatch(of: line) != nil, "\(result.output)")
        }
        #expect(try scratch.names() == ["1.png", "1_00003.png", "3.png", "3_00003.png", "coffee.jpg", "portrait.jpg"])
        #expect(try scratch.bytes("1.png") == scratch.bytes("3.png"))
        #expect(try scratch.bytes("1.png") != scratch.bytes("1_00003.png"))
    }

    @Test("cvtool stylize: the default name holds content and style")
    func theNameSaysWhatWasStylizedHow() throws {
        let result = try runCommand(
            ["stylize", "portrait.jpg", "coffee.jpg", "--preview", "sheet.png", "--loss-plot", "costs.png"] + short,
            in: scratch.path)
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.errors.contains("32 × 32, 4 steps, about "))
        #expect(
            try scratch.names() == ["coffee.jpg", "costs.png", "portrait.jpg", "portrait_coffee.jpg", "sheet.png"])
        #expect(try scratch.image("portrait_coffee.jpg").width == 32)
        #expect(try scratch.image("costs.png").width == 1200)

        let again = try runCommand(["stylize", "portrait.jpg", "coffee.jpg"] + short, in: scratch.path)
        #expect(again.exitCode == 1)
        #expect(again.errors.contains("portrait_coffee.jpg: exists already; pass --force"))
    }

    @Test("cvtool stylize: wrong arguments exit with 64 and a message")
    func argumentsThatMakeNoSenseAreUsageErrors() throws {
        func errors(_ arguments: String...) throws -> String {
            let result = try runCommand(["stylize", "portrait.jpg", "coffee.jpg"] + arguments, in: scratch.path)
            #expect(result.exitCode == 64 && result.output.isEmpty, "\(arguments)")
            return result.errors
        }
        #expect(try errors("--size", "8").contains("--size 8: a number from 16 to 8192"))
        #expect(try errors("--content-weight", "-1").contains("--content-weight"))
        #expect(
            try errors("--style-blend", "1,2").contains("--style-blend 1,2: 1 number is expected, one for each style"))
        #expect(try errors("--content-mask", "a.png", "--content-mask", "b.png").contains("2 times for 1 style"))
        #expect(try errors("--layers", "conv1_9").contains("there is no layer \"conv1_9\": did you mean conv1_1?"))
        #expect(try errors("--preview", "sheet.gif").contains("--preview sheet.gif: a name that ends in"))
        let none = try stylize("portrait.jpg")
        #expect(none.exitCode == 64 && none.errors.contains("A style image is missing"))
    }

    @Test("cvtool stylize: unsuitable images and settings are refused before the work")
    func whatCannotBeStylizedIsRefusedBeforeTheWork() throws {
        try Image(width: 1, height: 1, fill: .white).write(to: scratch.path + "/dot.png")
        try Image(width: 50, height: 50, fill: .white).write(to: scratch.path + "/plain.png")
        func errors(_ arguments: String..., exitCode: Int32 = 1) throws -> String {
            let result = try runCommand(["stylize", "portrait.jpg"] + arguments, in: scratch.path)
            #expect(result.exitCode == exitCode && result.output.isEmpty, "\(arguments)")
            return result.errors
        }
        #expect(try errors("dot.png").contains("style image 1 has 1 × 1 pixels: conv4_2 needs at least 16"))
        #expect(try errors("plain.png").contains("style image 1 is of one color throughout"))
        #expect(try errors("nope.jpg").contains("nope.jpg: cannot be opened"))
        #expect(try errors("coffee.jpg", "-o", "dot.png/out.png").contains("dot.png/out.png"))
        let same = try errors("coffee.jpg", "-o", "portrait.jpg", "--force", exitCode: 64)
        #expect(same.contains("would replace the input"))
        #expect(try errors("coffee.jpg", "--preview", "x.png", "-o", "x.png", exitCode: 64).contains("x.png"))
        #expect(try scratch.names() == ["coffee.jpg", "dot.png", "plain.png", "portrait.jpg"])
    }

    @Test("cvtool stylize: Ctrl-C writes the image of the last step")
    func controlCWritesTheImageAsItIs() throws {
        let result = try runShell(
            """
            "$CVTOOL" stylize portrait.jpg coffee.jpg --size 64 --iterations 2000 --save-every 1 -o out.png 2>errors &
            while [ ! -e out_00002.png ] && kill -0 $!; do sleep 0.05; done
            kill -INT $!; wait $!
            """, in: scratch.path)
        #expect(result.exitCode == 130)
        #expect(try scratch.image("out.png").width == 64)
        #expect(try scratch.text("errors").contains("interrupted after "))
    }
}
