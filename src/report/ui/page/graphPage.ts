/// <reference lib="dom" />
import { part } from "./dom.ts"
import { mount, type Start } from "./mount.ts"

// Written into the page by the program that made it.
const start: Start = JSON.parse(part("rs-data").textContent ?? "")
mount(start)
