import CVCore
import Synchronization

/// Graceful interruption of a long job: it stops between two inputs and keeps what is done.
public enum Interruption {
    /// An atomic: a signal handler may access nothing else.
    private static let flag = Atomic<Bool>(false)

    /// Whether Ctrl-C has been pressed. Loops check it before each input, then stop and exit with 130.
    public static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Installs the signal handlers: the first SIGINT sets ``isRequested``, a second one ends the process as usual.
    /// SIGPIPE becomes an error of `write`.
    ///
    /// To be called once, at the start of the command.
    public static func install() {
        // Initialized here, so that the handler need not.
        flag.store(false, ordering: .relaxed)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGINT) { _ in
            Interruption.flag.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }
}
