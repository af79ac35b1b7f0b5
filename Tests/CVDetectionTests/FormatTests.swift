import CVDetection
import CVImage
import Foundation
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct FormatTests {
    let dog = Detection(
        label: "dog", classIndex: 16, confidence: 0.1, box: Box(minX: 10, minY: 20, maxX: 30.5, maxY: 60))
    let brush = Detection(
        label: "toothbrush", classIndex: 79, confidence: 0.75, box: Box(minX: 0, minY: 0, maxX: 100, maxY: 200))

    @Test("YOLO text: lines are normalized") func yoloLinesAreNormalized() {
        let text = YOLOText.text([dog, brush], width: 100, height: 200)
        #expect(text == "16 0.202500 0.200000 0.205000 0.200000\n79 0.500000 0.500000 1.000000 1.000000\n")
        let confident = YOLOText.text([dog], width: 100, height: 200, includeConfidence: true)
        #expect(confident == "16 0.202500 0.200000 0.205000 0.200000 0.100000\n")
        #expect(YOLOText.text([], width: 1, height: 1) == "")
    }

    @Test("formats: boxes with NaN still give valid text") func nanBoxesGiveValidText() {
        let broken = Detection(
            label: "x", classIndex: 0, confidence: .nan, box: Box(minX: .nan, minY: -.infinity, maxX: 1, maxY: .nan))
        let line = YOLOText.text([broken], width: 10, height: 10, includeConfidence: true)
        #expect(line == "0 0.000000 0.000000 0.000000 0.000000 0.000000\n")
    }

    @Test("detection record: JSON round trip preserves the values") func recordsRoundTrip() throws {
        let name = "a \"b\"\\ \n\r\t\u{1}\u{1F} é 🐕/x.jpg"
        let record = DetectionRecord(input: name, width: 100, height: 200, results: [dog, brush])
        #expect(!record.json.contains("\n"))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(record.json.utf8)) as? [String: Any])
        #expect(object["input"] as? String == name)
        #expect(object["width"] as? Int == 100)
        #expect(object["height"] as? Int == 200)
        #expect(object["error"] is NSNull)
        let found = try #require(object["detections"] as? [[String: Any]])
        #expect(found.count == 2)
        #expect(found[0]["label"] as? String == "dog")
        #expect(found[0]["class"] as? Int == 16)
        #expect((found[0]["confidence"] as? Double).map { Float($0) } == 0.1)
        #expect(found[0]["box"] as? [Double] == [10, 20, 30.5, 60])
    }

    @Test("detection record: documented order of keys and short numbers")
    func recordHasDocumentedOrderAndShortNumbers() {
        #expect(
            DetectionRecord(input: "a.jpg", width: 9, height: 8, results: [dog]).json
                == #"{"input":"a.jpg","width":9,"height":8,"detections":[{"label":"dog","class":16,"#
                + #""confidence":0.1,"box":[10.0,20.0,30.5,60.0]}],"error":null}"#)
        #expect(
            DetectionRecord(input: "-", error: "not an image").json
                == #"{"input":"-","width":null,"height":null,"detections":[],"error":"not an image"}"#)
    }

    @Test("COCO results: entries use the ids from 1 to 90") func cocoEntriesUseTheNinetyOneIds() throws {
        var results = COCOResults(labels: COCOCategories.names)
        #expect(results.text == "[]\n")
        results.append([dog, brush], imageID: 139)
        results.append([], imageID: 140)
        let entries = try #require(
            JSONSerialization.jsonObject(with: Data(results.text.utf8)) as? [[String: Any]])
        #expect(entries.map { $0["category_id"] as? Int } == [18, 90])
        #expect(entries.map { $0["image_id"] as? Int } == [139, 139])
        #expect(entries[0]["bbox"] as? [Double] == [10, 20, 20.5, 40])
        #expect(entries[1]["score"] as? Double == 0.75)
    }

    @Test("COCO categories: names of COCO and of darknet are recognized") func cocoAndDarknetNamesAreRecognized() {
        var darknet = COCOCategories.names
        for (index, name) in [3: "motorbike", 4: "aeroplane", 57: "sofa", 58: "pottedplant", 60: "diningtable"] {
            darknet[index] = name
        }
        darknet[62] = "tvmonitor"
        #expect(COCOCategories.isCOCO(COCOCategories.names))
        #expect(COCOCategories.isCOCO(darknet))
        darknet.swapAt(0, 1)
        #expect(!COCOCategories.isCOCO(darknet))
        // Known pairs of https://cocodataset.org: stop sign, cat, couch, tv, microwave, book.
        let known = [11: 13, 15: 17, 57: 63, 62: 72, 68: 78, 73: 84]
        for (index, id) in known { #expect(COCOCategories.id(ofClass: index, labels: COCOCategories.names) == id) }
        #expect(COCOCategories.id(ofClass: 11, labels: ["a"]) == 12)
        #expect(COCOCategories.id(ofClass: .max, labels: []) == .min)
    }

    @Test("COCO results: image ids come from file names and are unique") func imageIDsAreUnique() {
        let paths = [
            "val/000000000139.jpg", "photo.jpg", "1.png", "b/139.jpg", "-", "x.jpg", "99999999999999999999.jpg",
            "-3.jpg",
        ]
        #expect(COCOResults.imageIDs(for: paths) == [139, 2, 1, 3, 4, 5, 6, 7])
    }

    /// Elements' texts by path, such as "annotation/object/name".
    final class Collector: NSObject, XMLParserDelegate {
        var path: [String] = []
        var texts: [String: [String]] = [:]
        var current = ""

        func parser(
            _: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            path.append(name)
            current = ""
        }

        func parser(_: XMLParser, foundCharacters string: String) { current += string }

        func parser(_: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?) {
            texts[path.joined(separator: "/"), default: []].append(current)
            path.removeLast()
            current = ""
        }
    }

    @Test("VOC XML: escaped names survive a round trip") func vocParsesBackWithEscapedNames() {
        var odd = brush
        odd.label = "<a> & \"b\" \u{1}é"
        let name = "a&b\n<c>.jpg"
        let text = VOCXML.text([dog, odd], fileName: name, width: 100, height: 200)
        let parser = XMLParser(data: Data(text.utf8))
        let collector = Collector()
        parser.delegate = collector
        #expect(parser.parse())
        let texts = collector.texts
        #expect(texts["annotation/filename"] == [name])
        #expect(texts["annotation/size/width"] == ["100"])
        #expect(texts["annotation/object/name"] == ["dog", "<a> & \"b\" \u{FFFD}é"])
        // Pixels from 1, both ends included.
        #expect(texts["annotation/object/bndbox/xmin"] == ["11", "1"])
        #expect(texts["annotation/object/bndbox/xmax"] == ["31", "100"])
        #expect(texts["annotation/object/bndbox/ymin"] == ["21", "1"])
        #expect(texts["annotation/object/bndbox/ymax"] == ["60", "200"])
    }

    /// Both ends are included, so even a box without area has a pixel.
    @Test("VOC XML: a box without area is one pixel inside the image") func vocBoxesHaveAPixel() {
        var (end, start) = (dog, dog)
        end.box = Box(minX: 100, minY: 10, maxX: 100, maxY: 10)
        start.box = Box(minX: 0, minY: 0, maxX: 0.2, maxY: 0)
        for (detection, pixel) in [(end, ("100", "10")), (start, ("1", "1"))] {
            let text = VOCXML.text([detection], fileName: "a.jpg", width: 100, height: 200)
            for side in ["min", "max"] {
                #expect(text.contains("<x\(side)>\(pixel.0)<") && text.contains("<y\(side)>\(pixel.1)<"), "\(text)")
            }
        }
    }
}
