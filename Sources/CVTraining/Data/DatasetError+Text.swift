import CVCore
import CVImage

extension DatasetError {
    /// The path and the problem.
    public var description: String { "\(path.escapedForDisplay): \(problem.text)" }
}

extension DatasetError.Problem {
    var text: String {
        switch self {
        case .nothingThere(let reason): reason
        case .unreadableFolder(let folder, let reason): "the folder \(quoted(folder)) \(reason)"
        case .badName(let name): "\(quoted(name)): \(FileSystem.badNameMessage)"
        case .tooManyFiles(let limit): "holds more than \(limit) files; divide it"
        case .severalRoots(let roots): Self.explain(roots: roots)
        case .emptyClass(let name, let found):
            "the class folder \(quoted(name)) has no JPEG or PNG images\(found.beside); add some, or remove the folder"
        case .nestedClass(let name, let folders): Self.explain(nested: name, folders)
        case .deadLink(let name):
            "the target of the link \(quoted(name)) is missing; if it is a class, mend the link, else remove it"
        case .lostClass(let name, let count, let first):
            "all images of class \(quoted(name)) are missing: \(count) annotated, the first: \(quoted(first)); add them, or "
                + "leave out the class"
        case .nothingToTrainOn(let name):
            "no image of class \(quoted(name)) is assigned to training; assign some to it, or leave out the class"
        case .tooFewClasses(let names, let skipped): Self.explain(classes: names, skipped)
        case .tooManyClasses(let count, let limit):
            "has \(count) classes; at most \(limit) can be stored with a network's weights"
        case .longClassName(let name, let bytes, let limit):
            "the class \(quoted(name)) has a name of \(bytes) bytes; at most \(limit) can be stored with weights"
        case .otherClasses(let difference): difference.text
        case .otherMaskClasses(let expected, let found): Self.explain(found, insteadOf: expected)
        case .unknownForm: Self.expectedForms
        case .noImages: "holds no JPEG or PNG images with masks"
        case .sameStem(let folder, let names): Self.explain(sameStem: names, in: folder)
        case .badLabels(let reason): "is not a list of classes: \(reason)"
        case .badAnnotation(let reason): "cannot be used: \(reason)"
        case .nothingLabeled: "no pixel of its masks is of a class; all are ignored"
        case .emptyList: "is empty; a header \"path,label\" and a row for each image are expected"
        case .badHeader(let found): Self.explain(header: found)
        case .openQuote(let line): "line \(line): a quote is opened and never closed"
        case .textAfterQuote(let line): "line \(line): text follows a closing quote; double the quotes inside a field"
        case .notUTF8(let line): "line \(line) is not valid UTF-8; save the list as UTF-8"
        case .wrongFieldCount(let line, let expected, let found):
            "line \(line) has \(pluralized(found, "field")), but the header has \(expected)"
        case .emptyField(let column, let line): "line \(line): the \(column) is empty"
        case .badPart(let name, let line):
            "line \(line): the split is \(quoted(name)), but train, val or test is expected"
        case .listedTwice(let path, let lines):
            "\(quoted(path)) is listed twice, on lines \(lines.map { "\($0)" }.joined(separator: " and "))"
        case .missingFiles(let first, let count, let all): Self.explain(missing: first, count, of: all)
        case .allBroken(let name, let count, let first):
            "no image\(name.map { " of class \(quoted($0))" } ?? "") can be decoded (of \(count)); the first: \(first)"
        case .nothingHeldOut(let part, let fraction, let largest): Self.explain(empty: part, fraction, of: largest)
        case .noGroupHeldOut(let part, let fraction, let groups):
            "the part \"\(part.rawValue)\" stays empty: \(fraction) of \(pluralized(groups, "person")) or other \(groups == 1 ? "group" : "groups") of "
                + "images is less than one; hold out more, or divide by images"
        case .noLandmarks(let expected):
            "holds no file of landmarks: \(expected.joined(separator: " or ")) is expected"
        case .badLandmarkHeader(let reason):
            "line 1 \(reason); the columns image,x0,y0,x1,y1,… or image,NAME_x,NAME_y,… are expected"
        case .badCoordinate(let text, let column, let line):
            "line \(line): \(column) is \(quoted(abbreviated(text))); a finite number is expected, or nothing for a point that is "
                + "not known"
        case .halfPoint(let column, let line):
            "line \(line): \(column) is empty, but the other coordinate of its point is not"
        case .noPoints: "no image has a point"
        case .otherPoints(let expected, let found):
            "its images have \(pluralized(found, "point")), but the weights know \(expected)"
        case .emptyPart(let part): "has no images in the part \"\(part.rawValue)\""
        case .undecodable(let name, let reason): "\(quoted(name)): cannot be decoded: \(reason)"
        case .defects(let defects, let all, let classes): DatasetDefect.text(defects, of: all, classes: classes)
        case .unknownDetectionForm: Self.expectedDetectionForms
        case .annotations(let defects): defects.text
        case .noClassList:
            "its labels number the classes, but nothing names them: a data.yaml with \"names\", or a classes.txt with a name on each "
                + "line, is expected"
        case .badBoxHeader(let found):
            "line 1 is \(quoted(found.joined(separator: ","))), but a header with the columns image, xmin, ymin, xmax, ymax and label is "
                + "expected"
        case .noAnnotatedImages(let skipped): "has no image with an annotation\(skipped.beside)"
        case .noObjects: "no image has an object"
        default: peopleText ?? pairText
        }
    }

    private static let expectedForms =
        "holds no images with masks: the folders \"images\" and \"masks\", or \"train\" and \"trainannot\" (and "
        + "\"val\", \"valannot\"), or images with .json files of labelme are expected, or a .json file of COCO"

    private static let expectedDetectionForms =
        "holds no annotations of objects; expected are .xml files of Pascal VOC (in \"Annotations\" beside \"JPEGImages\", or beside the "
        + "images), a data.yaml or the folders \"images\" and \"labels\" of YOLO, a .json file of COCO (instances.json), or "
        + "annotations.csv with the columns image, xmin, ymin, xmax, ymax and label"

    private static func explain(_ found: [String], insteadOf expected: [String]) -> String {
        "its classes are \(list(found)), but the weights know \(list(expected)); the names must be the same, in the same order"
    }

    private static func explain(sameStem names: [String], in folder: String) -> String {
        "in \(quoted(folder)), \(names.map { quoted($0) }.joined(separator: " and ")) differ in their suffix only; it is not "
            + "known which belongs to the other folder's file; remove one"
    }

    private static func explain(header found: [String]) -> String {
        "line 1 is \(quoted(found.joined(separator: ","))), but a header with the columns \"path\" and \"label\" is expected"
    }

    private static func explain(empty part: DatasetPart, _ fraction: Double, of largest: Int) -> String {
        "the part \"\(part.rawValue)\" stays empty: \(fraction) of the largest class, which has \(pluralized(largest, "image")), "
            + "is less than one; hold out more"
    }

    /// The first dozen, quoted.
    private static func list(_ names: [String]) -> String {
        names.prefix(12).map { quoted($0) }.joined(separator: ", ")
            + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }

    private static func explain(roots: [String]) -> String {
        let names = roots.prefix(3).map { $0.isEmpty ? "the top" : quoted($0) }
        return "has class folders in several places: \(listed(names, of: roots.count)); pack one of them alone"
    }

    private static func explain(classes: [String], _ skipped: SkippedFiles) -> String {
        let found = classes.first.map { "only the class \(quoted($0))" } ?? "no class folders with images"
        return
            "has \(found)\(skipped.beside); 2 classes or more expected, the images of each in a folder with its name"
    }

    private static func explain(nested name: String, _ folders: [String]) -> String {
        let names = listed(folders.prefix(3).map { quoted($0) }, of: folders.count)
        return
            "all images of the class folder \(quoted(name)) are in folders inside it: \(names); name the folder that "
            + "holds the class folders, or move the images up"
    }

    private static func explain(missing: [ListedImage], _ count: Int, of all: Int) -> String {
        let names = missing.map { "\(quoted($0.path)) (line \($0.line))" }
        return "\(count) of \(pluralized(all, "image")) \(count == 1 ? "is" : "are") not there: "
            + listed(names, of: count) + "; paths are relative to the folder of the list"
    }
}

extension SkippedFiles {
    /// " (but 3 images in a format that is not read: a, b, c)", or nothing.
    var beside: String {
        count == 0 ? "" : " (but \(groups.map { "\($0.phrase): \($0.names)" }.joined(separator: "; ")))"
    }
}

extension ClassDifference {
    fileprivate var text: String {
        var parts: [String] = []
        if !unknown.isEmpty {
            let names = unknown.prefix(3).map { name in
                quoted(name) + (nearestName(to: name, in: missing).map { " (near to \(quoted($0)))" } ?? "")
            }
            parts.append("has \(listed(names, of: unknown.count)) that \(unknown.count == 1 ? "is" : "are") not known")
        }
        if !missing.isEmpty {
            parts.append("lacks \(listed(missing.prefix(3).map { quoted($0) }, of: missing.count))")
        }
        return "its classes are others than expected: it " + parts.joined(separator: ", and ")
            + "; the names must be the same"
    }
}

/// "a, b and 5 more".
func listed(_ names: [String], of count: Int) -> String {
    names.joined(separator: ", ") + (count > names.count ? " and \(count - names.count) more" : "")
}
