// Asks who was signed out to sign in again, over the page that stays as it is.

import { Sheet } from "../../ui/Sheet";
import { words } from "../../words";
import { SignInForm } from "./SignInForm";

export function SignInAgain({ email, onClose }: { email: string; onClose: () => void }) {
  return (
    <Sheet title={words.account.again} isOpen onClose={onClose}>
      <p>{words.account.againWhy}</p>
      <SignInForm email={email} onSignedIn={onClose} />
    </Sheet>
  );
}
