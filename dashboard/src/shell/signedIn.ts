// The signed-in user, for whoever below needs to know what they may do.
import { createContext, useContext } from "react";
import type { MeView } from "../api/wire";

export interface SignedIn {
  user: MeView;
  /** Ends the session here and now, and shows the sign-in page. */
  leave: () => void;
}

export const SignedInContext = createContext<SignedIn | null>(null);

export function useSignedIn(): SignedIn {
  const signedIn = useContext(SignedInContext);
  if (!signedIn) throw new Error("useSignedIn is for pages behind the sign-in");
  return signedIn;
}
