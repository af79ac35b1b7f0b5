// Finds the objects in an image: prints them as JSON and writes an annotated copy.
//
//     swift run -c release --package-path Examples DetectObjects photo.jpg found.png
//
// The weights of the detector are found by name; see the article "Deploy on a server" for where they may lie.
import CVToolkit
import Foundation

/// What goes out as JSON. A `Detection` is `Codable`, so it can be a part of your own types.
struct Answer: Encodable {
    let file: String
    let width, height: Int
    let detections: [Detection]
}

func detect(in path: String, annotated output: String) throws {
    // An image comes as bytes: of a file here, of a request in a server. The format is recognized by the content, and
    // the EXIF orientation is applied. `name` stands for the file in error messages.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    var image = try Image(data: bytes, name: path)

    // Loading takes much longer than detecting: make one detector and share it between threads.
    let detector = try Detector()

    var options = DetectionOptions()
    options.confidence = 0.4
    let found = try detector.detect(image, options: options)

    // The boxes are in pixels of the image, [left, top, right, bottom].
    let answer = Answer(file: path, width: image.width, height: image.height, detections: found)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(answer), as: UTF8.self))

    // Each class has a color of its own.
    let boxes = found.map { detection in
        BoxAnnotation(
            box: detection.box, label: "\(detection.label) \(Int(detection.confidence * 100))%",
            color: Palette.color(forClass: detection.classIndex))
    }
    image.annotate(boxes)
    try image.write(to: output, overwrite: true)
}

guard CommandLine.arguments.count == 3 else {
    print("usage: DetectObjects IMAGE OUTPUT.png")
    exit(64)
}
do {
    try detect(in: CommandLine.arguments[1], annotated: CommandLine.arguments[2])
} catch {
    // The errors of the library say what was wrong, where, and what to do about it. A program that decides by the kind of
    // error looks at `(error as? any ToolkitError)?.category`.
    FileHandle.standardError.write(Data((error.localizedDescription + "\n").utf8))
    exit(1)
}
