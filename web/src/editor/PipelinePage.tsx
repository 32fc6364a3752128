export function PipelinePage() {
  return <div className="page"><h1>PipelinePage</h1></div>;
}
