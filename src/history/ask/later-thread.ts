import { answerAside } from "../../../journal/index.ts";
import { checkLater } from "./later-half.ts";

// Runs in a thread of its own.
answerAside(checkLater);
