import CVCore

/// A row of a list that names an image.
public struct ListedImage: Sendable, Equatable {
    /// As it stands in the list.
    public let path: String
    /// Counted from 1.
    public let line: Int
}

/// A set of images that cannot be used as it is, and why: the error of all readers and checks of data sets.
public struct DatasetError: ToolkitError, Equatable {
    /// What is wrong with a data set.
    public enum Problem: Sendable, Equatable {
        // The path.
        /// `reason` is the system's.
        case nothingThere(reason: String)
        case unreadableFolder(String, reason: String)
        /// Not UTF-8.
        case badName(String)
        case tooManyFiles(limit: Int)
        /// Folders of class folders: it is not known which of them is meant.
        case severalRoots([String])
        /// Neither images with masks nor files of annotations.
        case unknownForm
        case noImages
        /// Files that differ in their suffix only.
        case sameStem(folder: String, [String])

        // Classes.
        case emptyClass(String, found: SkippedFiles)
        /// A class folder whose images are all in folders inside it: most likely class folders.
        case nestedClass(String, folders: [String])
        /// A link beside class folders, whose target is missing.
        case deadLink(String)
        /// All images that a class is in are missing.
        case lostClass(String, count: Int, first: String)
        /// All images of a class are assigned to other parts.
        case nothingToTrainOn(class: String)
        case tooFewClasses([String], skipped: SkippedFiles)
        case tooManyClasses(Int, limit: Int)
        case longClassName(String, bytes: Int, limit: Int)
        case otherClasses(ClassDifference)
        /// The classes of masks must be the same in the same order.
        case otherMaskClasses(expected: [String], found: [String])

        // Lists. Lines are counted from 1.
        case emptyList
        case badHeader(found: [String])
        case openQuote(line: Int)
        case textAfterQuote(line: Int)
        case notUTF8(line: Int)
        case wrongFieldCount(line: Int, expected: Int, found: Int)
        case emptyField(String, line: Int)
        case badPart(String, line: Int)
        case listedTwice(String, lines: [Int])
        case missingFiles([ListedImage], count: Int, of: Int)

        // People.
        case tooFewPeople([String], skipped: SkippedFiles)
        /// Pairs of images of the same person are needed, and of different people; the part is nil for the whole set.
        case tooFewPairs(DatasetPart?, people: Int, withPairs: Int)
        case namelessImages([String], count: Int, of: Int)
        case badPersonPattern(String, reason: String)
        /// A pattern for names of images, where there is no folder of them.
        case patternWithoutFolder
        case unknownPeople([String], nearest: String?)
        case personInTwoParts(String, [DatasetPart])
        case tooManyImagesForAllPairs(Int, limit: Int)

        // Lists of pairs. Lines are counted from 1.
        case emptyPairList
        case badPairHeader(found: [String])
        case badPairValue(String, found: String, expected: String, line: Int)
        case missingPairImages([ListedImage], count: Int, set: String)
        case contradictedPair(line: Int, listedAsSame: Bool)
        case oneKindOfPairs(same: Int, different: Int)

        // Annotations.
        /// A list of classes.
        case badLabels(String)
        /// A file of COCO or labelme.
        case badAnnotation(String)
        case nothingLabeled
        /// A folder without a file of landmarks; the names that are looked for.
        case noLandmarks(expected: [String])
        /// The columns of a list of landmarks; what is wrong with them.
        case badLandmarkHeader(reason: String)
        /// A field of a list of landmarks that is not a finite number.
        case badCoordinate(String, column: String, line: Int)
        /// Only one of the two coordinates of a point.
        case halfPoint(column: String, line: Int)
        /// No image has a point.
        case noPoints
        /// The number of points of the data set is not that of the weights.
        case otherPoints(expected: Int, found: Int)

        // Detection.
        /// Neither files of Pascal VOC nor another form.
        case unknownDetectionForm
        /// What makes the annotations unusable, with file and line.
        case annotations([AnnotationDefect])
        /// Numbers of classes, and no list that names them.
        case noClassList
        /// The columns of a list of boxes.
        case badBoxHeader(found: [String])
        /// No image has an annotation.
        case noAnnotatedImages(skipped: SkippedFiles)
        /// No image has an object.
        case noObjects

        // Images. `first` says what is wrong with the first of them; the class is nil if images have none.
        case allBroken(class: String?, count: Int, first: String)
        case nothingHeldOut(DatasetPart, fraction: Double, largestClass: Int)
        /// A part of whole groups, such as persons, of which there are too few.
        case noGroupHeldOut(DatasetPart, fraction: Double, groups: Int)
        /// A part that was asked for has no images.
        case emptyPart(DatasetPart)
        case undecodable(String, reason: String)
        /// All that was found. classes: how many there are, if that is known.
        case defects([DatasetDefect], of: Int, classes: Int?)
    }

    /// Of the folder, tar file or list.
    public let path: String
    /// What is wrong.
    public let problem: Problem

    /// - Parameters:
    ///   - path: of the folder, tar file or list.
    ///   - problem: what is wrong with it.
    public init(_ path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }
}

/// How the classes of a set differ from those that are asked for.
public struct ClassDifference: Sendable, Equatable {
    /// Asked for, but not in the set.
    public let missing: [String]
    /// In the set, but not asked for.
    public let unknown: [String]

    /// Nil if there is no difference. The order does not count.
    ///
    /// - Parameters:
    ///   - expected: the classes that are asked for.
    ///   - found: the classes of the set.
    public init?(expected: [String], found: [String]) {
        // Equivalent names count as the same, where each has one: another system may have composed accents otherwise.
        let (wanted, there) = (Set(expected), Set(found))
        let isExact = wanted.count < expected.count || there.count < found.count
        let (exactly, exists) = (Set(expected.map { PathKey($0) }), Set(found.map { PathKey($0) }))
        missing = expected.filter { isExact ? !exists.contains(PathKey($0)) : !there.contains($0) }
        unknown = found.filter { isExact ? !exactly.contains(PathKey($0)) : !wanted.contains($0) }
        if missing.isEmpty, unknown.isEmpty { return nil }
    }
}

extension DatasetError {
    /// What kind of thing went wrong.
    public var category: ErrorCategory {
        switch problem {
        case .nothingThere, .missingFiles, .missingPairImages, .noImages, .deadLink, .noLandmarks, .noAnnotatedImages:
            .notFound
        case .unreadableFolder: .io
        case .tooManyFiles, .tooManyClasses, .longClassName, .tooManyImagesForAllPairs: .limit
        case .badPersonPattern, .patternWithoutFolder, .unknownPeople: .usage
        default: .invalid
        }
    }
}
