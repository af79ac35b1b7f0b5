import CVCore
import Synchronization

/// Signals that ask a command to end: Ctrl-C (SIGINT), `kill` and a shutdown of the system (SIGTERM), a terminal that is
/// closed (SIGHUP).
///
/// A long job stops between two inputs and keeps what is done. Any other command ends at once, but leaves no temporary
/// file behind.
public enum Interruption {
    /// The number of the signal, or 0. An atomic: a signal handler may access nothing else.
    private static let received = Atomic<Int32>(0)
    /// Whether the first signal is to be waited for by the job.
    private static let isGraceful = Atomic<Bool>(false)

    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Whether a signal has come. Loops check it before each input, then stop and exit with ``exitCode``.
    public static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

    /// What a shell reports of a program that the signal has ended: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    public static var exitCode: Int32 {
        let number = received.load(ordering: .relaxed)
        return 128 + (number == 0 ? SIGINT : number)
    }

    /// To be called once, at the start of the program: a signal removes the temporary files, then ends the process as
    /// usual. A closed pipe and a file that grows beyond its limit (SIGPIPE, SIGXFSZ) become errors of `write`.
    public static func prepare() {
        UnfinishedFiles.prepare()
        received.store(0, ordering: .relaxed)
        isGraceful.store(false, ordering: .relaxed)
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
        for number in signals where number == SIGINT || !isIgnored(number) { handle(number) }
    }

    /// To be called at the start of a job that checks ``isRequested``: the first signal sets it, a second one ends the
    /// process.
    public static func install() {
        prepare()
        isGraceful.store(true, ordering: .relaxed)
    }

    private static func handle(_ number: Int32) {
        signal(number) { number in
            let isFirst = Interruption.received.exchange(number, ordering: .relaxed) == 0
            if isFirst, Interruption.isGraceful.load(ordering: .relaxed) { return }
            UnfinishedFiles.remove()
            signal(number, SIG_DFL)
            raise(number)
        }
    }

    /// Whether the program was started so that the signal does nothing, as by `nohup`.
    private static func isIgnored(_ number: Int32) -> Bool {
        let before = signal(number, SIG_IGN)
        signal(number, before)
        // Functions cannot be compared, their addresses can.
        return unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
