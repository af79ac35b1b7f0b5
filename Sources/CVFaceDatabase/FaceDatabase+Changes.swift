import CVCore

extension FaceDatabase {
    /// What became of faces that were to be enrolled.
    public struct Enrollment: Sendable, Equatable {
        /// The numbers of the faces that are new.
        public var added: [Int] = []
        /// How many were there already: the same embedding of the same person.
        public var known = 0
    }

    /// Enrolls faces, in one transaction: all of them or, with an error, none.
    ///
    /// - Parameter faces: of any persons, who are added as needed.
    /// - Returns: which are new.
    /// - Throws: `FaceDatabaseError` for a name or an embedding that cannot be used, and if nothing can be written.
    public func enroll(_ faces: [EnrolledFace]) throws(FaceDatabaseError) -> Enrollment {
        let names = try faces.map { (face) throws(FaceDatabaseError) in
            try check(face.embedding)
            return try checkedName(face.person)
        }
        return try withConnection { connection throws(FaceDatabaseError) in
            try connection.transaction { () throws(FaceDatabaseError) in
                var enrollment = Enrollment()
                for (face, name) in zip(faces, names) {
                    if let id = try connection.insert(face, of: connection.person(name)) {
                        enrollment.added.append(id)
                    } else {
                        enrollment.known += 1
                    }
                }
                if !enrollment.added.isEmpty { try connection.markChange() }
                return enrollment
            }
        }
    }

    /// Removes people and all their faces: all of them or, with an error, nobody.
    ///
    /// What was there is overwritten with zeros in the file, and the file at `indexPath` is removed.
    ///
    /// - Parameter names: of the people.
    /// - Returns: how many faces of each were removed.
    /// - Throws: `FaceDatabaseError` if nobody has one of the names, and if nothing can be written.
    @discardableResult
    public func remove(people names: [String]) throws(FaceDatabaseError) -> [Int] {
        let removed = try withConnection { connection throws(FaceDatabaseError) -> [Int] in
            try connection.transaction { () throws(FaceDatabaseError) in
                let faces = try names.map { (name) throws(FaceDatabaseError) in
                    guard let faces = try connection.remove(person: name) else { throw try unknown(name, connection) }
                    return faces
                }
                try connection.markChange()
                return faces
            }
        }
        FileSystem.removeFile(indexPath)
        return removed
    }

    private func unknown(_ name: String, _ connection: SQLiteConnection) throws(FaceDatabaseError) -> FaceDatabaseError
    {
        var names: [String] = []
        try connection.forEachRow("SELECT name FROM person") { row in names.append(row.text(0)) }
        return FaceDatabaseError(path, .unknownPerson(name, nearest: nearestName(to: name, in: names)))
    }

    /// The people, by name in the order of their bytes.
    ///
    /// - Returns: each with the sources of their faces.
    /// - Throws: `FaceDatabaseError` if the file cannot be read.
    public func people() throws(FaceDatabaseError) -> [EnrolledPerson] {
        try withConnection { connection throws(FaceDatabaseError) in
            var people: [EnrolledPerson] = []
            // By number: names that look alike, and are equal to Swift, may differ in their bytes.
            var current: Int?
            try connection.forEachRow(
                """
                SELECT person.id, person.name, face.source, count(face.id) FROM person LEFT JOIN face ON face.person = person.id
                GROUP BY person.id, face.source ORDER BY person.name, min(face.id)
                """
            ) { row in
                if row.integer(0) != current {
                    people.append(EnrolledPerson(name: row.text(1), faces: 0, sources: []))
                    current = row.integer(0)
                }
                guard row.integer(3) > 0 else { return }
                people[people.count - 1].faces += row.integer(3)
                people[people.count - 1].sources.append(row.text(2))
            }
            return people
        }
    }

    /// How many faces are enrolled.
    ///
    /// - Returns: the number, 0 for a new database.
    /// - Throws: `FaceDatabaseError` if the file cannot be read.
    public func faceCount() throws(FaceDatabaseError) -> Int {
        try withConnection { connection throws(FaceDatabaseError) in
            try connection.integer("SELECT count(*) FROM face") ?? 0
        }
    }

    /// Checks all of the file, which takes as long as reading it.
    ///
    /// - Throws: `FaceDatabaseError` with the first damage that is found.
    public func verify() throws(FaceDatabaseError) {
        try withConnection { connection throws(FaceDatabaseError) in
            try connection.forEachRow("PRAGMA integrity_check(1)") { row throws(FaceDatabaseError) in
                guard row.text(0) == "ok" else { throw FaceDatabaseError(path, .damaged(row.text(0))) }
            }
        }
    }

    /// Throws unless a vector can be an embedding of the database's network.
    func check(_ embedding: [Float]) throws(FaceDatabaseError) {
        guard embedding.count == model.dimension else {
            throw FaceDatabaseError(
                path, .embedding(reason: "it has \(embedding.count) numbers; \(model) gives \(model.dimension)"))
        }
        guard embedding.allSatisfy(\.isFinite) else {
            throw FaceDatabaseError(path, .embedding(reason: "it holds NaN or infinity"))
        }
    }

    private func checkedName(_ name: String) throws(FaceDatabaseError) -> String {
        let bare = name.trimmingSpaces
        guard !bare.isEmpty else { throw FaceDatabaseError(path, .name(reason: "it is empty")) }
        guard bare.utf8.count <= 1000 else {
            throw FaceDatabaseError(path, .name(reason: "it has \(bare.utf8.count) bytes; at most 1000 are kept"))
        }
        guard !bare.unicodeScalars.contains("\0") else {
            throw FaceDatabaseError(path, .name(reason: "it holds a zero byte"))
        }
        return bare
    }

    func withConnection<Result: Sendable>(
        _ body: (SQLiteConnection) throws(FaceDatabaseError) -> Result
    ) throws(FaceDatabaseError) -> Result {
        try connection.withLock { connection throws(FaceDatabaseError) in try body(connection) }
    }
}

extension SQLiteConnection {
    /// The number of a person, who is added if new.
    fileprivate func person(_ name: String) throws(FaceDatabaseError) -> Int {
        try execute("INSERT OR IGNORE INTO person (name) VALUES (?)", .text(name))
        guard let id = try integer("SELECT id FROM person WHERE name = ?", .text(name)) else {
            throw FaceDatabaseError(path, .damaged("a person that was added is not there"))
        }
        return id
    }

    /// Adds a face; nil if it is there already.
    fileprivate func insert(_ face: EnrolledFace, of person: Int) throws(FaceDatabaseError) -> Int? {
        let bytes = face.embedding.littleEndianBytes
        var digest = SHA256()
        digest.update(bytes)
        let box = (0..<4).map { index in
            face.box.indices.contains(index) && face.box[index].isFinite
                ? SQLiteValue.real(Double(face.box[index])) : .null
        }
        try execute(
            "INSERT OR IGNORE INTO face VALUES (NULL, ?, 1, ?, ?, ?, ?, ?, ?, ?)", .integer(person), .text(face.source),
            box[0], box[1], box[2], box[3], .blob(Array(digest.digest().prefix(16))), .blob(bytes))
        return changes == 1 ? lastInsertedID : nil
    }

    /// Removes a person; nil if nobody has this name.
    fileprivate func remove(person name: String) throws(FaceDatabaseError) -> Int? {
        guard let id = try integer("SELECT id FROM person WHERE name = ?", .text(name)) else { return nil }
        let faces = try integer("SELECT count(*) FROM face WHERE person = ?", .integer(id)) ?? 0
        try execute("DELETE FROM person WHERE id = ?", .integer(id))
        return faces
    }

    fileprivate func markChange() throws(FaceDatabaseError) {
        try execute("UPDATE model SET generation = randomblob(16)")
    }
}

extension [Float] {
    /// Four bytes each, in the order that files have.
    var littleEndianBytes: [UInt8] {
        flatMap { value in
            let bits = value.bitPattern
            return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bits >> $0) }
        }
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmingSpaces: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
