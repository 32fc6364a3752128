import { Button } from "../ui/Button";
import { words } from "../words";
import type { FlowProblem, Judgement } from "./useJudgement";

const MOST_SHOWN = 100;

/** What is wrong with the flow; each leads to its node. */
export function Problems({ judgement, onChoose }: { judgement: Judgement; onChoose: (id: string) => void }) {
  const { problems, warnings, isLate } = judgement;
  if (problems.length + warnings.length === 0) return <p className="quiet">{isLate ? words.editor.judging : words.editor.noProblems}</p>;
  return (
    <div className="stack" aria-busy={isLate}>
      {problems.length > 0 && <h3>{problems.length.toLocaleString("en")} {words.editor.problems}</h3>}
      {problems.length > 0 && <p className="quiet small">{words.editor.problemsWhy}</p>}
      <List items={problems} tone="bad" onChoose={onChoose} />
      {warnings.length > 0 && <h3>{warnings.length.toLocaleString("en")} {words.editor.warnings}</h3>}
      <List items={warnings} tone="wait" onChoose={onChoose} />
    </div>
  );
}

export function List({ items, tone, onChoose }: { items: readonly FlowProblem[]; tone: "bad" | "wait"; onChoose: (id: string) => void }) {
  return (
    <ul className="problem-list">
      {items.slice(0, MOST_SHOWN).map((problem, at) => (
        <li key={at} className={tone}>
          <span>{problem.message} <code className="quiet small">{problem.code}</code></span>
          {problem.nodes.slice(0, 3).map((node) => <Button key={node} small look="quiet" onPress={() => onChoose(node)}>{node}</Button>)}
        </li>
      ))}
      {items.length > MOST_SHOWN && <li className="quiet">{(items.length - MOST_SHOWN).toLocaleString("en")} {words.editor.moreOfThem}</li>}
    </ul>
  );
}
