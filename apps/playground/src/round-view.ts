import { element } from './elements.ts'
import { treeRows } from './tree-rows.ts'
import { facts, type Round } from './watch.ts'

export interface RoundView {
  readonly element: HTMLElement
  /** Follows the rounds of a generation; the last one is shown until another is chosen. */
  show(rounds: readonly Round[], nameOf: (token: number) => string): void
}

/** Draws a round’s draft with what became of it, and any earlier round on request. */
export function roundView(): RoundView {
  let rounds: readonly Round[] = []
  let name = (token: number) => String(token)
  const title = element('span', { className: 'round-title' })
  // Wide drafts scroll, by keyboard too.
  const tree = element('div', { className: 'tree', tabIndex: 0, role: 'group', ariaLabel: 'Draft of this round' })
  const slider = element('input', { type: 'range', min: '1', value: '1', ariaLabel: 'Round', oninput: () => draw() })
  const step = (by: number) => {
    slider.value = String(Number(slider.value) + by)
    draw()
  }
  const button = (text: string, by: number) => element('button', { type: 'button', onclick: () => step(by) }, text)
  const whole = element(
    'section',
    { className: 'rounds', ariaLabel: 'Rounds', hidden: true },
    element('h2', {}, 'Round by round'),
    element('div', { className: 'actions' }, button('Previous', -1), slider, button('Next', 1), title),
    tree,
  )
  const draw = () => {
    const round = rounds[Number(slider.value) - 1]
    whole.hidden = !round
    if (!round) return
    const accepted = round.nodes.filter(({ isAccepted }) => isAccepted).length
    title.textContent = `Round ${round.number}, draft ${slider.value} of ${rounds.length}: ${accepted} of ${round.nodes.length} accepted, then ${quoted(name(round.token))} (${round.kind})`
    tree.replaceChildren(...cells(round, name))
  }
  return {
    element: whole,
    show(next, nameOf) {
      rounds = next
      name = nameOf
      slider.max = String(Math.max(1, next.length))
      slider.value = slider.max
      draw()
    },
  }
}

/** A cell for each drafted token, in the column of its depth and the row of its branch; the round’s own token at the end. */
function cells({ nodes, token, kind }: Round, name: (token: number) => string): HTMLElement[] {
  const rows = treeRows(nodes)
  const last = nodes.reduce((at, { isAccepted }, i) => (isAccepted ? i : at), -1)
  const drafted = nodes.map((node, i) => {
    const fate = node.isAccepted ? 'accepted' : 'rejected'
    const cell = element(
      'div',
      { className: 'node', title: facts(node), data: { fate } },
      element('span', { className: 'name' }, quoted(name(node.token))),
      element(
        'small',
        {},
        `${fate} · ${facts(node)}${node.parent >= 0 && rows[i] !== rows[node.parent] ? ` · after ${quoted(name(nodes[node.parent]!.token))}` : ''}`,
      ),
    )
    cell.style.gridArea = `${rows[i]! + 1} / ${node.depth}`
    if (node.parent >= 0 && rows[i] === rows[node.parent]) cell.dataset['joined'] = ''
    return cell
  })
  const own = element(
    'div',
    { className: 'node', data: { fate: kind } },
    element('span', { className: 'name' }, quoted(name(token))),
    element('small', {}, kind === 'bonus' ? 'bonus' : 'corrected'),
  )
  const below = Math.max(0, ...rows) + 2
  own.style.gridArea = `${below} / ${last < 0 ? 1 : nodes[last]!.depth + 1}`
  return [...drafted, own]
}

/** A token so that its spaces can be seen. */
const quoted = (text: string): string => `“${text.replaceAll('\n', '⏎')}”`
