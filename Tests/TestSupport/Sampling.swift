import Foundation

/// How many cases of a long series stand for all of them: with `CVTOOLKIT_SAMPLE=10` a test takes every tenth. Else each
/// one counts.
///
/// For AddressSanitizer, under which a case takes many times as long.
public let sampleStep = max(1, ProcessInfo.processInfo.environment["CVTOOLKIT_SAMPLE"].flatMap { Int($0) } ?? 1)
