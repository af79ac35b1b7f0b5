import CVCore
import Synchronization

/// Signals that end a long job in good order: between two inputs, with what is done kept.
public enum Interruption {
    /// An atomic, because nothing else may be touched by a signal handler.
    private static let flag = Atomic<Bool>(false)

    /// Whether Ctrl-C has been pressed. Loops ask this before each input, then stop and exit with 130.
    public static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// The first SIGINT sets `isRequested`, a second one ends the process as usual. SIGPIPE becomes an error of `write`.
    ///
    /// To be called once, at the start of the command.
    public static func install() {
        // Made here, so that the handler does not have to.
        flag.store(false, ordering: .relaxed)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGINT) { _ in
            Interruption.flag.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }
}
