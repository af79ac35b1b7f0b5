import ArgumentParser
import CVCore
import CVStyle

/// `cvtool stylize`: parses and checks; `StylizeRun` does the work.
struct StylizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stylize",
        abstract: "Paint a picture in the style of another.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            The picture is painted anew, step by step, so that a network sees in it the objects of CONTENT and the \
            colours and strokes of STYLE. It begins small and grows to --size, so that there are strokes of all sizes. \
            Prints the name of the result and what the costs came down to: 0 is the content, or the style, itself.

            EXAMPLES
              cvtool stylize photo.jpg painting.jpg
              cvtool stylize photo.jpg painting.jpg -o painted.png --size 1024
              cvtool stylize photo.jpg painting.jpg --content-weight 0.2
              cvtool stylize photo.jpg painting.jpg --original-colors
              cvtool stylize photo.jpg a.jpg b.jpg --style-blend 3,1
              cvtool stylize photo.jpg a.jpg b.jpg --content-mask sky.png \\
                                                   --content-mask ground.png
              a texture of the style, in the proportions of the picture:
              cvtool stylize photo.jpg painting.jpg --content-weight 0 --init noise
              what the network remembers of a picture:
              cvtool stylize photo.jpg --style-weight 0 --init noise
              in seconds, by a network that has learnt some styles:
              cvtool stylize --fast --style list
              cvtool stylize photo.jpg --fast --style starry
              cvtool stylize photos/ --fast --style ink,print -o painted/
              cvtool stylize photo.jpg --fast --weights run/best.safetensors

            EXIT CODES
              0    done
              1    failed
              2    with --fast: some of several pictures failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); the picture is written as it was then
            """)

    @Argument(
        help: .init(
            "What is painted: a picture (JPEG, PNG), or - for standard input. With --fast also a folder, a pattern, or a "
                + ".txt file with a path a line.", valueName: "content"))
    var image: String?

    @Argument(help: "How it is painted: one picture or more. With --fast: more pictures to paint.")
    var styles: [String] = []

    /// There is one: `validate` sees to it.
    var content: String { image ?? "" }

    @OptionGroup(title: "Painting") var resultOptions: StylizeResultOptions
    @OptionGroup(title: "Styles and masks") var mixing: StylizeMixingOptions
    @OptionGroup(title: "Fine tuning") var tuning: StylizeTuningOptions
    @OptionGroup(title: "In one go") var fast: StylizeFastOptions
    @OptionGroup(title: "Output") var output: StylizeOutputOptions

    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        if fast.isUsed { return try fast.validate(self) }
        if let option = fast.given { throw ValidationError("\(option) is for --fast, which is missing.") }
        if image == nil { throw ValidationError("A picture to paint is missing.") }
        if styles.isEmpty, resultOptions.styleWeight > 0 {
            throw ValidationError("A style picture is missing (without one, only --style-weight 0 makes sense).")
        }
        if resultOptions.contentWeight == 0, resultOptions.styleWeight == 0 {
            throw ValidationError("--content-weight 0 and --style-weight 0 together leave nothing to paint by.")
        }
        try mixing.validate(styles: styles.count)
    }

    func run() throws {
        try perform(threads: threads) {
            try fast.isUsed ? StylizeFastRun(self).run() : StylizeRun(self).run()
        }
    }
}
