// How a password rests on the server, where that is worth a word.
import type { UserEntryView } from "../../api/wire";

interface HashNote {
  tone: "plain" | "amber";
  word: string;
  meaning: string;
}

export const HASH_NOTE: Record<UserEntryView["hash"], HashNote | null> = {
  bcrypt: null,
  none: { tone: "plain", word: "no password", meaning: "Signs in by the identity provider." },
  wrapped: { tone: "plain", word: "imported password", meaning: "Brought from an older ATLAS and protected anew; it becomes an ordinary one at the next sign-in." },
  wrapped_unsalted: { tone: "amber", word: "weak imported password", meaning: "Brought from an older ATLAS that kept it without salt: it may be known from elsewhere. Set a new password." },
};
