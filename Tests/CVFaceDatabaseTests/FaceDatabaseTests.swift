import CVCore
import CVFaceDatabase
import TestSupport
import Testing

@Suite struct FaceDatabaseTests {
    private let model = EmbeddingModel.fixture(dimension: 4)

    private func withDatabase(_ body: (FaceDatabase) throws -> Void) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        try body(FaceDatabase(folder + "/people.faces", model: model, access: .create))
    }

    @Test("face database: one photograph each is enough to find people again") func oneShot() throws {
        try withDatabase { database in
            let enrolled = try database.enroll([
                EnrolledFace(person: "Ada", source: "a.jpg", box: [], embedding: [1, 0, 0, 0]),
                EnrolledFace(person: "Bob", source: "b.jpg", box: [], embedding: [0, 1, 0, 0]),
            ])
            #expect(enrolled.added.count == 2)
            let found = try database.matches(
                for: [[0.1, 2, 0, 0], [3, 0.1, 0, 0]], limit: 1, in: database.index())
            #expect(found.map { $0.map(\.person) } == [["Bob"], ["Ada"]])
            #expect(found[0][0].source == "b.jpg")
            #expect(abs(found[0][0].distance - (1 - 2 / (4.01 as Float).squareRoot())) < 1e-6)
        }
    }

    @Test("face database: what was written is there for another connection, in order") func persists() throws {
        try withDatabase { database in
            _ = try database.enroll(faces(embeddings(7, dimension: 4), of: 3))
            let other = try FaceDatabase(database.path)
            #expect(other.model == model)
            #expect(try other.faceCount() == 7)
            #expect(try other.people() == database.people())
            #expect(try other.people().map(\.name) == ["0", "1", "2"])
            #expect(try other.people().map(\.faces) == [3, 2, 2])
            #expect(try other.people()[1].sources == ["image 1.jpg", "image 4.jpg"])
            try other.verify()
        }
    }

    @Test("face database: the same face of the same person is enrolled once") func knownFacesAreCounted() throws {
        try withDatabase { database in
            let face = EnrolledFace(person: "Ada", source: "a.jpg", box: [], embedding: [1, 2, 3, 4])
            let first = try database.enroll([face, face])
            #expect(first.added == [1] && first.known == 1)
            let second = try database.enroll([face])
            #expect(second.added.isEmpty && second.known == 1)
            var other = face
            other.person = " Eve "
            #expect(try database.enroll([other]).added.count == 1)
            #expect(try database.people().map(\.name) == ["Ada", "Eve"])
        }
    }

    @Test("face database: removing a person removes their faces, and each number is given once") func removes() throws {
        try withDatabase { database in
            let first = try database.enroll(faces(embeddings(6, dimension: 4), of: 2))
            let index = try database.index()
            #expect(try database.remove(people: ["1"]) == [3])
            #expect(try database.people().map(\.name) == ["0"])
            // An index of before finds nobody who is gone.
            let matches = try database.matches(for: [[1, 0, 0, 0]], limit: 6, in: index)[0]
            #expect(matches.count == 3 && matches.allSatisfy { $0.person == "0" })
            let later = try database.enroll(faces(embeddings(1, dimension: 4, seed: 9), of: 1))
            #expect(try #require(later.added.first) > (first.added.max() ?? .max))
            #expect(
                problem { () throws(FaceDatabaseError) in try database.remove(people: ["0", "nobody here"]) }
                    == .unknownPerson("nobody here", nearest: nil))
            #expect(
                problem { () throws(FaceDatabaseError) in try database.remove(people: ["00"]) }
                    == .unknownPerson("00", nearest: "0"))
        }
    }

    @Test("face database: nothing of a person who was removed is left in the files") func leavesNothing() throws {
        try withDatabase { database in
            let ada: [Float] = [0.123, 0.456, -0.789, 0.321]
            _ = try database.enroll([
                EnrolledFace(person: "Ada Lovelace", source: "ada.jpg", box: [], embedding: ada),
                EnrolledFace(person: "Bob", source: "bob.jpg", box: [], embedding: [1, 2, 3, 4]),
            ])
            _ = try database.index(mapsFrom: 1)
            let bytes = ada.flatMap { value in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value.bitPattern >> $0) }
            }
            #expect(try FileInput.read(database.path).firstRange(of: bytes) != nil)
            try database.remove(people: ["Ada Lovelace"])
            let file = try FileInput.read(database.path)
            for trace in [bytes, Array("Ada Lovelace".utf8), Array("ada.jpg".utf8)] {
                #expect(file.firstRange(of: trace) == nil)
            }
            #expect(file.firstRange(of: Array("bob.jpg".utf8)) != nil)
            #expect(FileSystem.size(of: database.indexPath) == nil)
        }
    }

    @Test("face database: embeddings and names that cannot be are refused, and nothing of the batch stays")
    func batchesAreWhole() throws {
        try withDatabase { (database) throws in
            var batch = faces(embeddings(3, dimension: 4), of: 3)
            for embedding: [Float] in [[1, 2, 3], [1, 2, 3, .nan], [1, 2, -.infinity, 4]] {
                batch[2].embedding = embedding
                guard case .embedding = problem({ () throws(FaceDatabaseError) in try database.enroll(batch) }) else {
                    Issue.record("\(embedding) was enrolled")
                    continue
                }
            }
            batch[2].embedding = [1, 2, 3, 4]
            for name in ["", " \n ", String(repeating: "é", count: 501), "a\0b"] {
                batch[2].person = name
                guard case .name = problem({ () throws(FaceDatabaseError) in try database.enroll(batch) }) else {
                    Issue.record("\(name.debugDescription) was enrolled")
                    continue
                }
            }
            #expect(try database.faceCount() == 0)
            #expect(try database.people().isEmpty)
        }
    }

    @Test("face database: embeddings of two networks are not mixed") func networksAreNotMixed() throws {
        try withDatabase { database in
            var other = model
            other.sha256 = String(repeating: "f", count: 64)
            for access in [FaceDatabase.Access.read, .change, .create] {
                #expect(
                    problem { () throws(FaceDatabaseError) in
                        try FaceDatabase(database.path, model: other, access: access)
                    } == .otherModel(found: model, expected: other))
            }
        }
    }

    @Test("face database: names are bytes to the database, and any letters will do") func anyLetters() throws {
        try withDatabase { database in
            // The same to the eye: composed and decomposed letters are two people, as file names are two files.
            let names = ["Zoë", "Zoe\u{308}", "李雷", "O'Neil; DROP TABLE face", "a\"b%_"]
            for (index, name) in names.enumerated() {
                let embedding = embeddings(1, dimension: 4, seed: UInt64(index))[0]
                _ = try database.enroll([EnrolledFace(person: name, source: "x", box: [], embedding: embedding)])
            }
            let found = try database.people().map(\.name)
            #expect(Set(found.map { Array($0.utf8) }) == Set(names.map { Array($0.utf8) }))
            for name in names { #expect(try database.remove(people: [name]) == [1]) }
        }
    }

    @Test("face database: readers see the state before while somebody writes") func readersGoOn() throws {
        try withDatabase { database in
            _ = try database.enroll(faces(embeddings(2, dimension: 4), of: 1))
            let reader = try FaceDatabase(database.path)
            let index = try reader.index()
            _ = try database.enroll(faces(embeddings(5, dimension: 4, seed: 2), of: 1))
            #expect(index.count == 2)
            #expect(try reader.index().count == 7)
        }
    }

    @Test("face database: enrolling from several threads loses nothing") func threadsEnroll() async throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/people.faces"
        let model = model
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    // Connections of their own, as those of other processes.
                    let database = try FaceDatabase(path, model: model, access: .create)
                    for (index, embedding) in embeddings(10, dimension: 4, seed: UInt64(thread)).enumerated() {
                        let face = EnrolledFace(
                            person: "\(thread)", source: "\(index)", box: [], embedding: embedding)
                        _ = try database.enroll([face])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try FaceDatabase(path).people().map(\.faces) == [10, 10, 10, 10])
    }
}
