import { join } from 'node:path'
import {
  type Controller,
  type ControllerOptions,
  controller,
  type Experience,
  parseExperience,
} from '@foretoken/controller'
import { generate, type Verifier } from '@foretoken/core'
import { keep, machineOf, readKept } from './kept.ts'
import type { Loaded, LoadOptions } from './load.ts'

/** Tokens and levels that a draft model is tried for when nothing is known of it; first times are not believed. */
const TRIAL = { times: 3, tokens: 64, levels: 4 } as const
/** Drafters of `auto` that a model writes for. */
const WITH_MODEL = ['draft-model', 'retokenized']
/** Something to go on with, for any model. */
const TRIAL_TEXT = 'Once upon a time, there was a little girl who lived in a house near the sea. Every day she'

/** Whose experience it is: drafts of one model for another, on one machine, greedy or sampled. */
export interface ExperienceKey extends LoadOptions {
  readonly target: Loaded
  readonly draft: Loaded | undefined
  readonly temperature: number
}

/** Kept beside the converted target, and removed with it. */
const fileOf = ({ target, draft, temperature }: ExperienceKey): string =>
  join(target.prepared.folder, `experience-${draft?.prepared.info.id ?? 'alone'}-${temperature > 0 ? 1 : 0}.json`)

interface Kept {
  readonly machine: string
  readonly experience: Experience
}

/** What earlier runs learned of the drafters; without any, a draft model is tried on a few sentences. */
export async function experienceOf(
  key: ExperienceKey,
  options: ControllerOptions,
  verifier: Verifier,
): Promise<Experience | undefined> {
  const machine = machineOf(key.threads)
  const kept = await readKept(fileOf(key), (value) => {
    const { machine, experience } = value as Kept
    return { machine, experience: parseExperience(experience) }
  })
  if (kept?.machine === machine) return kept.experience
  return key.draft === undefined ? undefined : tried(key, options, verifier)
}

/** Keeps what a controller has learned, for the next run. */
export async function keepExperience(key: ExperienceKey, learned: Controller): Promise<void> {
  const kept: Kept = { machine: machineOf(key.threads), experience: learned.experience() }
  if (Object.keys(kept.experience.drafters).length > 0) await keep(fileOf(key), kept)
}

async function tried(
  { target, temperature }: ExperienceKey,
  options: ControllerOptions,
  verifier: Verifier,
): Promise<Experience> {
  const { model, tokenizer } = target
  const drafter = options.drafters.find(({ manifest }) => WITH_MODEL.includes(manifest.name))
  if (drafter === undefined) return { version: 1, drafters: {} }
  const decision = [{ drafter: drafter.manifest.name, levels: TRIAL.levels }]
  const prompt = tokenizer.encode(TRIAL_TEXT, { begin: true })
  let experience: Experience | undefined
  for (let time = 0; time < TRIAL.times; time++) {
    // Its drafter belongs to the controller that is to come; this one is not disposed of.
    const trial = controller({ ...options, drafters: [drafter], pinned: [decision] })
    await generate({ model, prompt, drafter: trial, verifier, temperature, maxTokens: TRIAL.tokens })
    model.rewind(0)
    experience = trial.experience()
  }
  return experience!
}
