import CLISupport
import Testing

@Suite struct ClassSelectionTests {
    let labels = ["person", "bicycle", "car", "traffic light", "dog"]

    @Test("class selection: names and ids may be mixed and repeated") func takesNamesAndIdsMixedAndRepeated() throws {
        #expect(try ClassSelection.parse([], labels: labels) == nil)
        #expect(try ClassSelection.parse(["person,dog"], labels: labels) == [0, 4])
        #expect(try ClassSelection.parse(["0, 2", "Traffic Light"], labels: labels) == [0, 2, 3])
        #expect(try ClassSelection.parse(["dog,dog,4"], labels: labels) == [4])
    }

    @Test("class selection: an unknown name suggests the nearest one") func suggestsTheNearestName() {
        let error = ClassSelectionError.unknown(name: "bycicle", nearest: "bicycle", known: labels)
        #expect(throws: error) { try ClassSelection.parse(["dog,bycicle"], labels: labels) }
        #expect(error.description.contains("did you mean \"bicycle\"?"))
        #expect(throws: ClassSelectionError.unknown(name: "spaceship", nearest: nil, known: labels)) {
            try ClassSelection.parse(["spaceship"], labels: labels)
        }
    }

    @Test("class selection: spaces, hyphens and underscores in names are ignored")
    func namesMayBeWrittenWithAnotherGapOrNone() throws {
        for text in ["traffic light", "traffic_light", "trafficlight", "Traffic-Light"] {
            #expect(try ClassSelection.parse([text], labels: labels) == [3])
        }
        #expect(throws: ClassSelectionError.unknown(name: "tra", nearest: "traffic light", known: labels)) {
            try ClassSelection.parse(["tra"], labels: labels)
        }
    }

    @Test("class selection: without a near name the error lists the classes") func listsTheClassesWhenNoneIsNear() {
        let text = ClassSelectionError.unknown(name: "puppy", nearest: nil, known: labels).description
        #expect(text.hasSuffix("this network knows person, bicycle, car, traffic light, dog"))
        let many = ClassSelectionError.unknown(name: "x", nearest: nil, known: (0..<105).map { "c\($0)" }).description
        #expect(many.hasSuffix(", c99 and 5 more"))
    }

    @Test("class selection: an invalid id reports the valid range") func saysTheRangeOfIds() {
        for id in ["5", "99999999999999999999"] {
            let error = ClassSelectionError.outOfRange(id: id, count: 5)
            #expect(throws: error) { try ClassSelection.parse([id], labels: labels) }
            #expect(error.description.contains("0 to 4"))
        }
        #expect(throws: ClassSelectionError.unknown(name: "-1", nearest: nil, known: labels)) {
            try ClassSelection.parse(["-1"], labels: labels)
        }
    }

    @Test("class selection: empty items are errors") func refusesEmptyItems() {
        for text in ["", "dog,", ",dog", "dog,,car", " "] {
            #expect(throws: ClassSelectionError.empty) { try ClassSelection.parse([text], labels: labels) }
        }
    }
}
