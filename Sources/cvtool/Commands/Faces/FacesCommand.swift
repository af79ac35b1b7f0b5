import ArgumentParser

/// `cvtool faces`: a subcommand for each thing that is done with faces.
struct FacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faces", abstract: "Find faces in images.", subcommands: [FacesDetectCommand.self])
}
