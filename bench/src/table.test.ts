import { expect, it } from 'vitest'
import { table } from './table.ts'

it('aligns texts left and numbers right', () => {
  const text = table(
    [{ title: 'engine' }, { title: 'ms', digits: 2 }],
    [
      ['a', 1.234],
      ['longer one', 12],
      ['none', undefined],
    ],
  )
  expect(text.split('\n')).toEqual([
    'engine         ms',
    '----------  -----',
    'a            1.23',
    'longer one  12.00',
    'none            -',
  ])
})
