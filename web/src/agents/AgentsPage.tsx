export function AgentsPage() {
  return <div className="page"><h1>AgentsPage</h1></div>;
}
