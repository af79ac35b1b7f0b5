import ArgumentParser

/// `cvtool faces`: a subcommand for each thing that is done with faces.
struct FacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faces",
        abstract: "Find, recognize, group, crop and blur faces.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            EXAMPLES
              cvtool faces detect photo.jpg
              cvtool faces enroll ada.jpg --name "Ada Lovelace"
              cvtool faces find group.jpg
              cvtool faces cluster holiday/ -o people/
              cvtool faces blur street.jpg --drop-location

            `cvtool verify` compares two images.
            """,
        subcommands: [
            FacesDetectCommand.self, FacesEnrollCommand.self, FacesFindCommand.self, FacesListCommand.self,
            FacesRemoveCommand.self, FacesClusterCommand.self, FacesEmbedCommand.self, FacesCropCommand.self,
            FacesBlurCommand.self,
        ])
}
