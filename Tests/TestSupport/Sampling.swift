import Foundation

/// The step through a long series of test cases: with `CVTOOLKIT_SAMPLE=10` a test runs every tenth. The default is 1.
///
/// For AddressSanitizer, which makes each case many times slower.
public let sampleStep = max(1, ProcessInfo.processInfo.environment["CVTOOLKIT_SAMPLE"].flatMap { Int($0) } ?? 1)
