/** A real browser for tests of pages: Chromium as it is installed, without a window. */
import { existsSync } from "node:fs"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

/** Where Chromium is: `CHROMIUM` in the environment, or where Debian installs it. */
export const executable: string | undefined = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
].find((path) => path !== undefined && existsSync(path))

if (executable === undefined)
  console.warn("no Chromium (apt-get install chromium, or CHROMIUM=…): browser tests are skipped")

/** Starts it with a fresh profile and nothing that would use a network of its own. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    ...(executable === undefined ? {} : { executablePath: executable }),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  })

/** A page with all that went wrong on it, and all that it asked for. */
export interface Watched {
  readonly page: Page
  /** Errors and warnings of the console, exceptions, requests that failed. */
  readonly problems: Array<string>
  readonly requests: Array<string>
}

/** A new page in a context of its own. */
export const watched = async (browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> => {
  const page = await (await browser.newContext(options)).newPage()
  const [problems, requests]: [Array<string>, Array<string>] = [[], []]
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text())
  })
  page.on("pageerror", (error) => problems.push(error.message))
  page.on("requestfailed", (request) => problems.push(`${request.url()}: ${request.failure()?.errorText ?? "failed"}`))
  page.on("request", (request) => requests.push(request.url()))
  return { page, problems, requests }
}
