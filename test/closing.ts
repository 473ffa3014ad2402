import type { Reporter, TestModule } from "vitest/node"

/** Closes a run with `N passed, N failed`: one line that any reader of a log understands. */
export default class Closing implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length
    const skipped = count("skipped")
    const failed = count("failed") + broken + errors.length
    process.stdout.write(`\n${count("passed")} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`)
  }
}
