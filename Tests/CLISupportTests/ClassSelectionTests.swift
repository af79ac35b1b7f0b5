import CLISupport
import Testing

@Suite struct ClassSelectionTests {
    let labels = ["person", "bicycle", "car", "traffic light", "dog"]

    @Test func takesNamesAndIdsMixedAndRepeated() throws {
        #expect(try ClassSelection.parse([], labels: labels) == nil)
        #expect(try ClassSelection.parse(["person,dog"], labels: labels) == [0, 4])
        #expect(try ClassSelection.parse(["0, 2", "Traffic Light"], labels: labels) == [0, 2, 3])
        #expect(try ClassSelection.parse(["dog,dog,4"], labels: labels) == [4])
    }

    @Test func suggestsTheNearestName() {
        let error = ClassSelectionError.unknown(name: "bycicle", nearest: "bicycle")
        #expect(throws: error) { try ClassSelection.parse(["dog,bycicle"], labels: labels) }
        #expect(error.description.contains("did you mean \"bicycle\"?"))
        #expect(throws: ClassSelectionError.unknown(name: "spaceship", nearest: nil)) {
            try ClassSelection.parse(["spaceship"], labels: labels)
        }
    }

    @Test func saysTheRangeOfIds() {
        for id in ["5", "99999999999999999999"] {
            let error = ClassSelectionError.outOfRange(id: id, count: 5)
            #expect(throws: error) { try ClassSelection.parse([id], labels: labels) }
            #expect(error.description.contains("0 to 4"))
        }
        #expect(throws: ClassSelectionError.unknown(name: "-1", nearest: nil)) {
            try ClassSelection.parse(["-1"], labels: labels)
        }
    }

    @Test func refusesEmptyItems() {
        for text in ["", "dog,", ",dog", "dog,,car", " "] {
            #expect(throws: ClassSelectionError.empty) { try ClassSelection.parse([text], labels: labels) }
        }
    }
}
