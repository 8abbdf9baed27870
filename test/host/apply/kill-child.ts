// Applies what is chosen of the changes of a journal to a folder: of each text only the hunks at its beginning.
import { openWriter } from "../../../journal/index.ts";
import { FileSystem, profiles } from "../../../src/fs/index.ts";
import { openHistory, replay } from "../../../src/history/index.ts";
import { applyToHost, offersToApply } from "../../../src/host/index.ts";

const [file = "", host = ""] = process.argv.slice(2);

const journal = openWriter(file);
const files = new FileSystem({
  journal,
  tree: replay(journal, journal.head()),
  limits: profiles.default,
});
const history = openHistory(journal);
const { offers } = offersToApply(history, journal.head(), host);
const chosen = offers.map((offer) => ({
  offer,
  taken: offer.parts.filter((part) => part.kind !== "hunk" || part.hunk.beforeStart < 9),
}));
applyToHost(files, history, host, { chosen });
journal.close();
