import { readFileSync } from 'node:fs'
import { rng, STREAMS } from '@foretoken/core'

/** One part of a story: how it begins, and how many sentences the model adds. */
export interface Stage {
  readonly opening: string
  readonly sentences: number
}

/** What the model is asked for, and the frame that its sentences fill. */
export interface StoryPlan {
  readonly prompt: string
  readonly stages: readonly Stage[]
}

interface Material {
  readonly heroes: readonly string[]
  readonly traits: readonly string[]
  readonly boys: readonly string[]
  readonly girls: readonly string[]
  readonly homes: readonly string[]
  readonly toys: readonly string[]
  readonly treasures: readonly string[]
  readonly foods: readonly string[]
  readonly skills: readonly string[]
  readonly weather: readonly string[]
  readonly where: readonly string[]
  readonly openings: readonly string[]
  readonly plots: readonly { readonly about: string; readonly stages: readonly (readonly string[])[] }[]
}

const material = JSON.parse(readFileSync(new URL('./material.json', import.meta.url), 'utf8')) as Material
const PEOPLE = ['boy', 'girl']

/** Whether a text ends with a full sentence and no open quotation. */
export function isComplete(text: string): boolean {
  const trimmed = text.trimEnd()
  return /[.!?]"?$/.test(trimmed) && (trimmed.split('"').length - 1) % 2 === 0
}

/** The plan of story number `index` under `seed`: a pure function of both. */
export function storyPlan(seed: number, index: number): StoryPlan {
  const random = rng(seed)
  let draws = 0
  const uniform = (): number => random.uniform(STREAMS.draft, index, draws++)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(uniform() * values.length)]!

  const hero = pick(material.heroes)
  const friend = pick(material.heroes.filter((one) => one !== hero && one !== 'dragon' && !PEOPLE.includes(one)))
  const isGirl = (one: string): boolean => one === 'girl' || (one !== 'boy' && uniform() < 0.5)
  const heroIsGirl = isGirl(hero)
  const heroName = pick(heroIsGirl ? material.girls : material.boys)
  const friendName = pick((isGirl(friend) ? material.girls : material.boys).filter((name) => name !== heroName))
  const slots: Readonly<Record<string, string>> = {
    N: heroName,
    F: friendName,
    hero,
    friend,
    ...(heroIsGirl
      ? { he: 'she', He: 'She', his: 'her', His: 'Her', him: 'her' }
      : { he: 'he', He: 'He', his: 'his', His: 'His', him: 'him' }),
    trait: pick(material.traits),
    home: pick(material.homes),
    toy: pick(material.toys),
    treasure: pick(material.treasures),
    food: pick(material.foods),
    skill: pick(material.skills),
    weather: pick(material.weather),
    where: pick(material.where),
  }
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, slot: string) => slots[slot]!).replace(/\ba (?=[aeiou])/g, 'an ')

  const plot = pick(material.plots)
  const openings = plot.stages.map((variants) => fill(pick(variants)))
  openings[0] = `${fill(pick(material.openings))} ${openings[0]}`
  const stages = openings.map((opening, i) => {
    const wanted = i === 0 ? 0 : i === openings.length - 1 ? pick([1, 2]) : pick([1, 2, 2, 3])
    return { opening, sentences: isComplete(opening) ? wanted : Math.max(1, wanted) }
  })
  const about = fill(`a {trait} {hero} named {N} ${plot.about}, and about {F} the {friend}`)
  const prompt = `Write a very short story for small children, with simple words and short sentences, about ${about}.`
  return { prompt, stages }
}
