import { ForetokenError } from '@foretoken/core'
import { expect, it } from 'vitest'
import { type ChatMessage, renderChatTemplate } from './chat-template.ts'

const tokens = { bos: '<s>', eos: '</s>' }
const messages: ChatMessage[] = [
  { role: 'system', content: 'Be kind.' },
  { role: 'user', content: 'Hi {{ 1 + 1 }}' },
]
const render = (template: string | undefined, addGenerationPrompt?: boolean): string =>
  renderChatTemplate(template, messages, addGenerationPrompt === undefined ? {} : { addGenerationPrompt }, tokens)

function refusal(template: string | undefined): string {
  try {
    render(template)
  } catch (error) {
    if (ForetokenError.is(error)) return `${error.code}: ${error.message}`
    throw error
  }
  return 'nothing'
}

it('renders a conversation and leaves its text alone', () => {
  const template =
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message.content + eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
  const text = '<s><|system|>Be kind.</s><|user|>Hi {{ 1 + 1 }}</s>'
  expect(render(template)).toBe(`${text}<|assistant|>`)
  expect(render(template, false)).toBe(text)
})

it('gives templates their variables, but no clock', () => {
  const template = '{% if strftime_now is defined %}now{% else %}never{% endif %} {{ mood }}'
  expect(renderChatTemplate(template, messages, { variables: { mood: 'calm' } }, tokens)).toBe('never calm')
})

it.each([
  ['loops', '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}', /did not end within/],
  ['counts too far', '{% for i in range(10 ** 12) %}{% endfor %}', /range of/],
  ['counts backwards', '{{ range(0, 0 - 10 ** 12, -1) }}', /range of/],
  ['counts on the spot', '{{ range(1, 2, 0) }}', /range of/],
  [
    'doubles text',
    "{% set n = namespace(x='abcdefgh') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}",
    /builds a text/,
  ],
  [
    'doubles lists',
    '{% set n = namespace(x=[1, 2]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}',
    /more than/,
  ],
  [
    'nests lists',
    '{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}',
    /more than/,
  ],
  [
    'filters for ever',
    "{% set x = range(100000) %}{% for i in range(100000) %}{% set y = x | join('') %}{% endfor %}",
    /did not end within/,
  ],
  ['recurses', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', /failed/],
  ['is broken', '{% for message in %}', /failed/],
  ['names nothing', '{{ messages.first.second.third() }}', /failed/],
  ['refuses', "{{ raise_exception('Roles must alternate') }}", /Roles must alternate/],
])('stops a template that %s', (_, template, message) => {
  expect(refusal(template)).toMatch(/^BAD_TEMPLATE/)
  expect(refusal(template)).toMatch(message)
})

it('says when there is no template', () => {
  expect(refusal(undefined)).toMatch(/BAD_TEMPLATE.*no chat template/)
})

it('refuses messages that are none', () => {
  const wrong = [{ role: 'user' }] as unknown as ChatMessage[]
  expect(() => renderChatTemplate('x', wrong, {}, tokens)).toThrow(/role, content/)
})

it('takes a conversation of a thousand messages', () => {
  const long = Array.from({ length: 1000 }, (_, i) => ({
    role: i % 2 ? 'assistant' : 'user',
    content: 'word '.repeat(50),
  }))
  const template =
    "{% for m in messages %}{% if loop.index0 > 0 and messages[loop.index0 - 1].role == m.role %}{{ raise_exception('order') }}{% endif %}{{ m.role + ': ' + m.content | trim + '\\n' }}{% endfor %}"
  expect(renderChatTemplate(template, long, {}, tokens).length).toBeGreaterThan(250_000)
})
