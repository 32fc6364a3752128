export function PipelinesPage() {
  return <div className="page"><h1>PipelinesPage</h1></div>;
}
