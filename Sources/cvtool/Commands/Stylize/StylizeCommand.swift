import ArgumentParser
import CLISupport
import CVCore
import CVStyle

/// `cvtool stylize`: parses and checks; `StylizeRun` does the work.
struct StylizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stylize",
        abstract: "Apply the style of one image to another.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Optimizes the pixels of an image until a network's features match the objects of CONTENT and the colors and \
            strokes of STYLE. The optimization starts small and grows to --size, so that strokes have all sizes. \
            Prints the name of the result and the final losses: 0 means identical to the content, or the style.

            EXAMPLES
              cvtool stylize photo.jpg painting.jpg
              cvtool stylize photo.jpg painting.jpg -o styled.png --size 1024
              cvtool stylize photo.jpg painting.jpg --content-weight 0.2
              cvtool stylize photo.jpg painting.jpg --original-colors
              cvtool stylize photo.jpg a.jpg b.jpg --style-blend 3,1
              cvtool stylize photo.jpg a.jpg b.jpg --content-mask sky.png \\
                                                   --content-mask ground.png
              a texture of the style, in the proportions of the image:
              cvtool stylize photo.jpg painting.jpg --content-weight 0 --init noise
              an image reconstructed from the network's features:
              cvtool stylize photo.jpg --style-weight 0 --init noise
              in seconds, by a feed-forward network trained on some styles:
              cvtool stylize --fast --style list
              cvtool stylize photo.jpg --fast --style list --contact-sheet all.png
              cvtool stylize photo.jpg --fast --style starry
              cvtool stylize photos/ --fast --style ink,print -o styled/
              cvtool stylize photo.jpg --fast --weights run/best.safetensors

            \(ExitStatus.help(
                partial: "with --fast: some of several images failed; the others are done",
                interrupted: "the image of the last step is written"))
            """)

    @Argument(
        help: .init(
            "The content: an image (JPEG, PNG), or - for standard input. With --fast also a folder, a pattern, or a .txt "
                + "file with a path a line.", valueName: "content"))
    var image: String?

    @Argument(help: "The style: one image or more. With --fast: more content images.")
    var styles: [String] = []

    /// `validate` has checked that there is one.
    var content: String { image ?? "" }

    @OptionGroup(title: "Optimization") var resultOptions: StylizeResultOptions
    @OptionGroup(title: "Styles and masks") var mixing: StylizeMixingOptions
    @OptionGroup(title: "Fine tuning") var tuning: StylizeTuningOptions
    @OptionGroup(title: "Feed-forward (a single pass)") var fast: StylizeFastOptions
    @OptionGroup(title: "Output") var output: StylizeOutputOptions

    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        if fast.isUsed { return try fast.validate(self) }
        if let option = fast.given { throw ValidationError("\(option) is for --fast, which is missing.") }
        if image == nil { throw ValidationError("A content image is missing.") }
        if styles.isEmpty, resultOptions.styleWeight > 0 {
            throw ValidationError("A style image is missing (without one, only --style-weight 0 makes sense).")
        }
        if resultOptions.contentWeight == 0, resultOptions.styleWeight == 0 {
            throw ValidationError("--content-weight 0 and --style-weight 0 together leave nothing to optimize.")
        }
        try mixing.validate(styles: styles.count)
    }

    func run() throws {
        try perform(threads: threads) {
            try fast.isUsed ? StylizeFastRun(self).run() : StylizeRun(self).run()
        }
    }
}
