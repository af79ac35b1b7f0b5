import CVCore
import Foundation
import Synchronization
import Testing

@Suite struct BackgroundFallbackTests {
    @Test("background threads: where the system has no thread, work runs in the caller", .timeLimit(.minutes(10)))
    func worksWithoutThreads() {
        let threads = BackgroundThreads(limit: 3) { _ in false }
        let order = Mutex<[Int]>([])
        let caller = pthread_self()
        for number in 0..<4 {
            threads.submit {
                #expect(pthread_equal(caller, pthread_self()) != 0)
                order.withLock { $0.append(number) }
            }
            // Done when submit returns, so that whoever waits for it does not wait for ever.
            #expect(order.withLock { $0 } == Array(0...number))
        }
    }

    @Test("background threads: submitted work runs elsewhere, in its order", .timeLimit(.minutes(10)))
    func runsSubmittedWorkInOrder() {
        let threads = BackgroundThreads(limit: 1)
        let order = Mutex<[Int]>([])
        let isDone = DispatchSemaphore(value: 0)
        for number in 0..<20 {
            threads.submit {
                order.withLock { $0.append(number) }
                isDone.signal()
            }
        }
        for _ in 0..<20 { isDone.wait() }
        #expect(order.withLock { $0 } == Array(0..<20))
    }
}
