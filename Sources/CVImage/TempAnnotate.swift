extension Image {
    public struct Annotation { public init(box: Box, label: String?, color: Color) {} }
    public mutating func annotate(_ a: [Annotation], lineWidth: Int?) {}
}
public enum Palette { public static func color(forClass: Int) -> Color { .black } }
