import ArgumentParser
import CLISupport
import CVCore

@main struct CVTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cvtool",
        abstract: "Computer vision on the command line: offline, one binary.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            EXAMPLES
              cvtool detect photo.jpg     the objects in a photograph, listed and drawn
              cvtool segment photo.jpg    the persons in it, cut out
              cvtool augment photo.jpg    changed copies of it, to train with
              cvtool classify photo.jpg   what a photograph shows
              cvtool explain photo.jpg    where in it that is seen
              cvtool train classify set/  a network for pictures of your own
              cvtool stylize a.jpg b.jpg  the one painted like the other
              cvtool filter photo.jpg     its edges, by a convolution
              cvtool model resnet50       the layers of a network
              cvtool convert net.pth ...  weights of PyTorch for those commands
              cvtool weights list         the weights that are found on this machine
              cvtool benchmark            how fast this machine is at it
              cvtool help detect          all options of a command

            COMPLETION OF COMMANDS AND OPTIONS IN THE SHELL
              bash: cvtool --generate-completion-script bash > ~/.cvtool.bash
                    and in ~/.bashrc: source ~/.cvtool.bash
              zsh:  cvtool --generate-completion-script zsh > FOLDER_OF_FPATH/_cvtool
              fish: cvtool --generate-completion-script fish \\
                    > ~/.config/fish/completions/cvtool.fish
            """,
        version: "0.1.0",
        subcommands: [
            DetectCommand.self, ClassifyCommand.self, SegmentCommand.self, StylizeCommand.self, ExplainCommand.self,
            ActivationsCommand.self, TrainCommand.self, TuneCommand.self, EvaluateCommand.self, AugmentCommand.self,
            FilterCommand.self, ModelCommand.self, ConvertCommand.self, WeightsCommand.self, BenchmarkCommand.self,
        ])

    static func main() {
        StandardStreams.occupyClosed()
        if let error = unknownCommand(in: CommandLine.arguments.dropFirst()) { exit(withError: error) }
        main(nil)
    }

    /// The parser's own words for `cvtool detetc photo.jpg` are "2 unexpected arguments".
    private static func unknownCommand(in arguments: ArraySlice<String>) -> ValidationError? {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard let word = arguments.first, !word.hasPrefix("-"), !(names + ["help"]).contains(word) else { return nil }
        let hint = nearestName(to: word, in: names).map { "did you mean \"\($0)\"?" }
        return ValidationError(
            "There is no command \"\(word.escapedForDisplay)\"; "
                + (hint ?? "the commands are \(names.joined(separator: ", ")) and help."))
    }
}
