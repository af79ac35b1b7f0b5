import CVCore
import Testing

@Suite struct NumberTextTests {
    @Test(
        "number text: the number of decimals is as requested",
        arguments: [
            (0, 2, "0.00"), (0.005, 2, "0.01"), (-0.004, 2, "0.00"), (-1.25, 1, "-1.3"), (12.3, 0, "12"),
            (9.996, 2, "10.00"),
            (999_999_999.94, 1, "999999999.9"), (1e9, 1, "1000000000.0"), (1e300, 3, "1e+300"), (.nan, 1, "nan"),
            (-.infinity, 1, "-inf"), (0.123_456_789_012, 12, "0.123456789012"),
        ])
    func decimalsAreAsManyAsAskedFor(_ value: Double, _ digits: Int, _ text: String) {
        #expect(decimal(value, digits) == text)
    }

    @Test("number text: the short form has the fewest digits") func shortNumbersHaveTheDigitsThatTheyNeed() {
        #expect([short(3.0), short(0.25), short(1e-5), short(7)] == ["3", "0.25", "1e-05", "7"])
        #expect(short(Float(0.1)) == "0.1")
    }

    @Test("number text: durations are written as a clock") func timesReadAsAClock() {
        #expect([0, 59.6, 61, 3723, -4].map(clock) == ["0:00", "1:00", "1:01", "1:02:03", "0:00"])
        #expect(clock(.infinity) == "999:59:59")
    }
}
