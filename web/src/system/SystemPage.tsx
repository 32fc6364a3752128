export function SystemPage() {
  return <div className="page"><h1>SystemPage</h1></div>;
}
