/// A count with its noun: "1 tensor", "2 tensors".
public func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
