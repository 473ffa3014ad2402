/// <reference lib="dom" />
import { chooseClasses } from "./report/classes.ts"
import { highlight } from "./report/highlight.ts"
import { choosePanels } from "./report/panels.ts"
import { savesFigures } from "./report/figures.ts"
import { savesTables, sorts } from "./report/tables.ts"

// The page can be read without this: it adds sorting, saving and choosing.
sorts()
savesTables()
savesFigures()
choosePanels()
chooseClasses()
highlight()
