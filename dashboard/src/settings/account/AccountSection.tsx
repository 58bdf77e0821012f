// One's own account.
import { useSignedIn } from "../../shell/signedIn";
import { Box, Section } from "../Section";
import { OperatorKeys } from "./OperatorKeys";
import { PasswordForm } from "./PasswordForm";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

export function AccountSection() {
  const { user } = useSignedIn();
  const byProvider = user.signed_in_by === "oidc";
  return (
    <>
      <Section title="My account" intro={`You are signed in as ${user.username}, with the role ${user.role}.`}>
        {byProvider ? <Box><p>The identity provider has your password and your second factor.</p></Box> : <SecondFactor />}
      </Section>
      {!byProvider && (
        <Section level={2} title="Password" intro="Changing it ends your other sessions.">
          <Box><PasswordForm /></Box>
        </Section>
      )}
      <Sessions />
      <OperatorKeys />
    </>
  );
}
