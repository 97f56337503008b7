/** Weaknesses of Solidity by their numbers in the Smart Contract Weakness Classification, https://swcregistry.io. */
import type { CodeRule } from './rule.ts'

/** An argument list's inside, brackets one level deep. */
const INSIDE = '(?:[^();]|\\([^();]*\\))*'
const CALL = '\\.\\s*(?:call|send)\\s*[({]'

/** What `secureCode` keeps out of Solidity. Filter the list to leave one out, add to it for rules of your own. */
export const solidityRules: readonly CodeRule[] = [
  {
    name: 'tx-origin',
    why: 'Whoever makes the owner call any contract passes a check of tx.origin.',
    reference: 'SWC-115',
    forbid: '[^\\w$.]tx\\s*\\.\\s*origin[^\\w$]',
  },
  {
    name: 'selfdestruct',
    why: 'Whoever reaches it destroys the contract and takes its balance.',
    reference: 'SWC-106',
    forbid: '[^\\w$](?:selfdestruct|suicide)\\s*\\(',
  },
  {
    name: 'delegatecall',
    why: 'Code of another contract runs on the storage of this one.',
    reference: 'SWC-112',
    forbid: '\\.\\s*(?:delegatecall|callcode)[^\\w$]',
  },
  {
    name: 'unchecked-call',
    why: 'A low-level call that fails goes unnoticed when its result is dropped.',
    reference: 'SWC-104',
    forbid: CALL,
    unless: [
      '^[^=;()]*(?:\\([^()]*\\))?[^=;()]*=[^=]',
      `^[^()=;]*[^\\w$](?:require|assert|if|while)\\s*\\(${INSIDE}${CALL}`,
      '^\\s*return[^\\w$]',
    ].join('|'),
  },
  {
    name: 'reentrancy',
    why: 'The called contract can call back before the state is written; write first, or use a guard.',
    reference: 'SWC-107',
    unit: 'function',
    forbid: '\\.\\s*call\\s*\\{[^;]*;[^]*(?:\\]\\s*(?:[-+*/]?=[^=]|\\+\\+|--)|[^\\w$]delete[^\\w$])',
    unless: '[^\\w$]nonReentrant[^\\w$]',
  },
  {
    name: 'weak-randomness',
    why: 'Miners choose or know what the number is made of.',
    reference: 'SWC-120',
    forbid:
      'keccak256\\s*\\([^;]*(?:block\\s*\\.\\s*(?:timestamp|difficulty|prevrandao|number|coinbase)|[^\\w$]blockhash\\s*\\()',
  },
  {
    name: 'packed-hash',
    why: 'Different arguments can be packed into the same bytes, and so have the same hash.',
    reference: 'SWC-133',
    forbid: `keccak256\\s*\\(\\s*abi\\s*\\.\\s*encodePacked\\s*\\(${INSIDE},`,
  },
  {
    name: 'floating-pragma',
    why: 'The contract may be compiled by a version that nobody tested it with.',
    reference: 'SWC-103',
    forbid: '[^\\w$]pragma\\s+solidity[^;]*[\\^<>]',
  },
  {
    name: 'default-visibility',
    why: 'A function without visibility was public in old versions, and is an error in new ones.',
    reference: 'SWC-100',
    forbid: '[^\\w$]function\\s+[\\w$]+\\s*\\([^()]*\\)',
    unless: '[^\\w$](?:public|private|internal|external)[^\\w$]',
  },
  {
    name: 'assembly',
    why: 'Inline assembly passes by the checks of the compiler and of these rules.',
    reference: 'SWC-127',
    forbid: '[^\\w$.]assembly\\s*[{("\']',
  },
]
