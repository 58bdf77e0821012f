// Why somebody comes back from the identity provider without a session, in words.
const SENTENCES: Record<string, string> = {
  begin_again: "That took too long, or began in another browser. Try again.",
  provider_unreachable: "The identity provider can't be reached from the server. Its log says why.",
  provider_declined: "The identity provider did not let you through.",
  provider_not_believed: "The identity provider's answer is not for this sign-in. Try again; if it stays so, the server's log says why.",
  no_account: "There is no account for you here. Ask an administrator to make one.",
  name_taken: "The account of your name belongs to somebody else, or has a password. Ask an administrator.",
  shut_out: "This account may not sign in. Ask an administrator.",
  no_role: "The identity provider gives you no role here. Ask an administrator.",
  busy: "The server is busy. Try again in a few seconds.",
};

/** The sentence of the address that somebody came back to; null when nothing was refused. */
export function refusalIn(search: string): string | null {
  const word = new URLSearchParams(search).get("refused");
  if (word === null) return null;
  return Object.hasOwn(SENTENCES, word) ? SENTENCES[word] ?? null : "Signing in did not work. Try again.";
}
