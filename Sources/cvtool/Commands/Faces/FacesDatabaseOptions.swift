import ArgumentParser
import CVFaceDatabase
import CVTask

/// The database of a command.
struct FacesDatabaseOptions: ParsableArguments {
    @Option(help: .init("The database: one file.", valueName: "file"))
    var database = "people.faces"

    /// - Parameters:
    ///   - access: what is done with it.
    ///   - model: the network whose embeddings are given; nil for that of the database.
    /// - Throws: `FaceDatabaseError`.
    func open(_ access: FaceDatabase.Access, model: EmbeddingModel? = nil) throws(FaceDatabaseError) -> FaceDatabase {
        try FaceDatabase(database, model: model, access: access)
    }
}
