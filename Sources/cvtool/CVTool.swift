import ArgumentParser

@main struct CVTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cvtool",
        abstract: "Computer vision on the command line: offline, one binary.",
        discussion: """
            EXAMPLES
              cvtool detect photo.jpg          the objects in a photograph, listed and drawn
              cvtool weights list              the weights that are found on this machine
              cvtool benchmark                 how fast this machine is at it
              cvtool help detect               all options of a command
              cvtool --generate-completion-script bash > ~/.local/share/bash-completion/completions/cvtool
            """,
        version: "0.1.0",
        subcommands: [DetectCommand.self, WeightsCommand.self, BenchmarkCommand.self])
}
