import type { Report } from '@foretoken/controller'

/** Choices that are told one by one; the others together. */
const MOST = 4

/** What the controller did in a generation, in words. */
export function choicesOf({ rounds, shares, predictedRate, observedRate, isMeasured, benched }: Report): string {
  const told = shares.slice(0, MOST).map((share) => `${whatOf(share)} in ${share.rounds}`)
  const rest = shares.slice(MOST).reduce((sum, each) => sum + each.rounds, 0)
  if (rest > 0) told.push(`other drafts in ${rest}`)
  const rates = `It promised ${predictedRate.toFixed(2)} tokens in the time of a plain step; ${observedRate.toFixed(2)} came.`
  const basis = isMeasured ? 'this device’s costs, as measured' : 'costs as they came: this device was not measured'
  const left = benched.map(({ drafter, reason }) => `${drafter} was left out: ${reason}.`)
  return [
    `Of ${rounds} rounds the controller drafted ${told.join(', ')}.`,
    rates,
    `It went by ${basis}.`,
    ...left,
  ].join(' ')
}

const whatOf = ({ drafters, nodes }: Report['shares'][number]): string =>
  drafters.length === 0 ? 'nothing' : `${nodes} ${nodes === 1 ? 'token' : 'tokens'} by ${drafters.join(' and ')}`
