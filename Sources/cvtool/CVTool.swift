import ArgumentParser
import CLISupport
import CVCore
import CVTensor

// Fuzzing links the command into a program that has a `main` already.
#if !CVTOOLKIT_FUZZ
@main
#endif
struct CVTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cvtool",
        abstract: "Computer vision on the command line: offline, one binary.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            EXAMPLES
              cvtool detect photo.jpg     detect objects in a photograph
              cvtool segment photo.jpg    segment the persons in it
              cvtool landmarks photo.jpg  the 68 points of a face
              cvtool augment photo.jpg    augmented copies for training
              cvtool classify photo.jpg   the most probable classes
              cvtool explain photo.jpg    the regions that speak for a class
              cvtool verify a.jpg b.jpg   whether both show the same person
              cvtool faces detect photos/ find the faces in photographs
              cvtool dataset check set/   what is wrong with a data set
              cvtool train classify set/  train a network on your own images
              cvtool stylize a.jpg b.jpg  the style of b.jpg applied to a.jpg
              cvtool filter photo.jpg     apply one convolution kernel
              cvtool model resnet50       the layers of a network
              cvtool convert net.pth ...  convert PyTorch weights
              cvtool weights list         the weights found on this machine
              cvtool benchmark            measure the speed of this machine
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
            DetectCommand.self, ClassifyCommand.self, SegmentCommand.self, LandmarksCommand.self, VerifyCommand.self,
            FacesCommand.self, StylizeCommand.self, ExplainCommand.self, ActivationsCommand.self, TrainCommand.self,
            TuneCommand.self, EvaluateCommand.self, DatasetCommand.self, AnchorsCommand.self, AugmentCommand.self,
            FilterCommand.self, ModelCommand.self, ConvertCommand.self, WeightsCommand.self, BenchmarkCommand.self,
        ])

    static func main() {
        StandardStreams.occupyClosed()
        Interruption.prepare()
        TensorMemory.isExhausted = { bytes in
            // On any thread, with others at work: nothing but the message is safe.
            UnfinishedFiles.remove()
            StandardError.write(
                "cvtool: there is no memory for a tensor of \(readableBytes(bytes)); smaller images, or fewer at a time, "
                    + "need less\n")
            _exit(ExitCode.failure.rawValue)
        }
        let arguments = RenamedCommands.replacingFormerName(in: Array(CommandLine.arguments.dropFirst()))
        do {
            if let error = unknownCommand(in: arguments) { throw error }
            RepeatedOptions.warn(of: arguments, command: self)
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            end(with: error)
        }
    }

    /// Ends the program as the parser does, but for help that cannot be written, which is a failure.
    private static func end(with error: any Error) -> Never {
        var code = exitCode(for: error)
        do {
            try reportingFailure {
                if error is any ToolkitError { throw error }
                let message = fullMessage(for: error)
                if message.isEmpty { return }
                if code == .success { try writeLine(message) } else { StandardError.write(message + "\n") }
            }
        } catch {
            code = exitCode(for: error)
        }
        endProcess(code.rawValue)
    }

    /// Finds a word that is not a command, or not a subcommand of the one before it, also after `help`.
    ///
    /// The parser's own message for `cvtool detetc photo.jpg` is "2 unexpected arguments", and for `cvtool help detetc` it
    /// prints the help of everything.
    private static func unknownCommand(in arguments: [String]) -> ValidationError? {
        let isHelp = arguments.first == "help"
        var command: any ParsableCommand.Type = CVTool.self
        var path: [String] = []
        for word in arguments.dropFirst(isHelp ? 1 : 0).prefix(while: { !$0.hasPrefix("-") }) {
            let subcommands = command.configuration.subcommands
            // The rest are arguments of the command; help takes none.
            if subcommands.isEmpty, !isHelp { return nil }
            if let next = subcommands.first(where: { $0._commandName == word }) {
                command = next
                path.append(word)
            } else if !path.isEmpty || word != "help" {
                return unknown(word, after: path, of: subcommands.map { $0._commandName })
            } else {
                return nil
            }
        }
        return nil
    }

    private static func unknown(_ word: String, after path: [String], of names: [String]) -> ValidationError {
        let found = "\"\(word.escapedForDisplay)\""
        let parent = (["cvtool"] + path).joined(separator: " ")
        if names.isEmpty { return ValidationError("\(parent) has no subcommands, and so no \(found).") }
        let hint = nearestName(to: word, in: names).map { "did you mean \"\($0)\"?" }
        if path.isEmpty {
            return ValidationError(
                "There is no command \(found); "
                    + (hint ?? "the commands are \(names.joined(separator: ", ")) and help."))
        }
        let known = names.count == 1 ? "the only one is" : "there are"
        return ValidationError(
            "\(parent) has no subcommand \(found); "
                + (hint ?? "\(known) \(names.dropLast().joined(separator: ", "))"
                    + (names.count > 1 ? " and " : " ") + "\(names.last ?? "")."))
    }
}
