import ArgumentParser
@main struct CVTool: ParsableCommand {}
