/// A shared library that is loaded while the program runs, and never unloaded.
package struct SharedLibrary {
    // The handle is only passed on.
    nonisolated(unsafe) private let handle: UnsafeMutableRawPointer

    /// Loads the first that is there of libraries that do the same.
    ///
    /// - Parameters:
    ///   - names: as the loader searches for them.
    ///   - environment: variables that the library reads when it is loaded; those that are set already are kept.
    /// - Returns: nil if none is there, or none can be loaded.
    package init?(_ names: [String], environment: [String: String] = [:]) {
        for (name, value) in environment { setenv(name, value, 0) }
        // RTLD_LOCAL: the symbols of the library replace no others.
        guard let handle = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else { return nil }
        self.handle = handle
    }

    /// A function of the library.
    ///
    /// - Parameters:
    ///   - name: of the symbol.
    ///   - type: a `@convention(c)` function type, which must be that of the function.
    /// - Returns: nil if there is no such symbol.
    package func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(handle, name).map { unsafeBitCast($0, to: type) }
    }
}
