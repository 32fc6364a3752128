/** The channel: the one picture everything is drawn as. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path d="M2 5h6c5 0 3 14 8 14h6" fill="none" stroke="currentColor" strokeWidth="5" strokeLinecap="round" opacity=".28" />
      <path d="M2 5h6c5 0 3 14 8 14" fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />
    </svg>
  );
}
