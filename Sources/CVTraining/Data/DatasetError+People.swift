import CVCore

extension DatasetError.Problem {
    /// What is wrong with a set of people; nil for another problem.
    var peopleText: String? {
        switch self {
        case .tooFewPeople(let names, let skipped):
            "has \(names.first.map { "only the person \(quoted($0))" } ?? "no images of people")\(skipped.beside); images of 2 "
                + "people or more are expected, those of each in a folder with the person's name, or in one folder with names such "
                + "as Ada_Lovelace_01.jpg"
        case .tooFewPairs(let part, let people, let pairs): Self.explain(part, people: people, withPairs: pairs)
        case .namelessImages(let names, let count, let all):
            "the names of \(count) of \(pluralized(all, "image")) do not say whom they show: "
                + listed(names.map { quoted($0) }, of: count)
                + "; rename them, as Ada_Lovelace_01.jpg, or give a pattern that finds the person in the path"
        case .badPersonPattern(let pattern, let reason):
            "\(quoted(pattern)) is not a regular expression: \(reason)"
        case .patternWithoutFolder:
            "is not a folder of images: a pattern finds people in the paths of images in a folder; a list or a tar file says itself "
                + "whom they show"
        case .unknownPeople(let names, let nearest):
            "there is nobody called \(listed(names.prefix(3).map { quoted($0) }, of: names.count))"
                + (nearest.map { "; did you mean \(quoted($0))?" } ?? "")
        case .personInTwoParts(let name, let parts):
            "assigns images of \(quoted(name)) to \(parts.map(\.rawValue).joined(separator: " and to ")); a person must be in one "
                + "part, so that validation is on people that were not trained on"
        case .tooManyImagesForAllPairs(let count, let limit):
            "has \(count) images; all pairs of at most \(limit) are compared; list the pairs to compare"
        default: nil
        }
    }

    private static func explain(_ part: DatasetPart?, people: Int, withPairs pairs: Int) -> String {
        let found = "\(people == 1 ? "1 person" : "\(people) people"), \(pairs) of them with two images or more"
        return switch part {
        case nil:
            "has images of \(found); to compare faces, 2 people or more are needed, and two images of one of them"
        case .train?:
            "to train on, there are \(found); 2 people or more with two images each are needed; hold out fewer, or add images"
        case .validation?, .test?:
            "held out are \(found); 2 people or more are needed, and two images of one of them; hold out more"
        }
    }

    /// What is wrong with a list of pairs.
    var pairText: String {
        switch self {
        case .emptyPairList: "is empty; a header \"a,b\" and a row for each pair of images are expected"
        case .badPairHeader(let found):
            "line 1 is \(quoted(found.joined(separator: ","))), but a header with the columns \"a\" and \"b\" is expected"
        case .badPairValue(let column, let found, let expected, let line):
            "line \(line): \(column) is \(quoted(found)), but \(expected) is expected"
        case .missingPairImages(let first, let count, let set):
            "\(pluralized(count, "image")) of its pairs \(count == 1 ? "is" : "are") not in \(quoted(set)): "
                + listed(first.map { "\(quoted($0.path)) (line \($0.line))" }, of: count)
                + "; paths are those inside the set, or relative to the folder of the list"
        case .contradictedPair(let line, let isSame):
            "line \(line): the pair is listed as \(isSame ? "the same person" : "different people"), but the set says otherwise"
        case .oneKindOfPairs(let same, let different):
            "has \(same) pairs of the same person and \(different) of different people that can be compared; both are needed"
        default: preconditionFailure("\(self) has no text")
        }
    }
}
