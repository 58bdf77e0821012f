// One's own account.
import { useSignedIn } from "../../shell/signedIn";
import { Box, Section } from "../Section";
import { PasswordForm } from "./PasswordForm";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

export function AccountSection() {
  const { user } = useSignedIn();
  return (
    <>
      <Section title="My account" intro={`You are signed in as ${user.username}, with the role ${user.role}.`}>
        <SecondFactor />
      </Section>
      <Section level={2} title="Password" intro="Changing it ends your other sessions.">
        <Box><PasswordForm /></Box>
      </Section>
      <Sessions />
    </>
  );
}
