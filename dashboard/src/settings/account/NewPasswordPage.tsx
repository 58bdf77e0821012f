// Somebody else chose this user's password: nothing else goes on until it is changed.
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "../../shell/Button";
import notice from "../../shell/Notice.module.css";
import { useSignedIn } from "../../shell/signedIn";
import { Box } from "../Section";
import { PasswordForm } from "./PasswordForm";

export default function NewPasswordPage() {
  const queries = useQueryClient();
  const { leave } = useSignedIn();
  return (
    <main className={notice.notice}>
      <h1>Choose a password of your own</h1>
      <p>Yours was set by somebody else. Until you change it, you can do nothing else here.</p>
      <Box><PasswordForm onChanged={() => void queries.invalidateQueries({ queryKey: ["user"] })} /></Box>
      <Button tone="quiet" onClick={leave}>Sign in as somebody else</Button>
    </main>
  );
}
