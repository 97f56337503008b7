/** Formats as ECMAScript patterns for the whole string, all of which must match. */
const MONTH_DAY =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))'
const LEAP_YEAR = '(?:\\d{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)'
const DATE = `(?:\\d{4}-${MONTH_DAY}|${LEAP_YEAR}-02-29)`
// A leap second is refused: it depends on the offset whether it is one.
const TIME = `(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,18})?(?:[zZ]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)`
const ALNUM = '[a-zA-Z0-9]'
const WITHIN = '[a-zA-Z0-9-]'
/** A label with no hyphens in its third and fourth places, as punycode has them. */
const label = (most: number): string =>
  `(?:${ALNUM}(?:${WITHIN}{0,2}${ALNUM})?|${ALNUM}${WITHIN}(?:${ALNUM}${WITHIN}|-${ALNUM})${WITHIN}{0,${most - 5}}${ALNUM})`
const LABEL = label(63)
/** At most 253 characters: three long labels, or eight of up to 30. */
const HOSTNAME = `(?:${LABEL}(?:\\.${LABEL}){0,2}|${label(30)}(?:\\.${label(30)}){0,7})`
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`
const GROUP = '[0-9a-fA-F]{1,4}'
const LAST = `(?:${GROUP}:${GROUP}|${IPV4})`
const IPV6 = [
  `(?:${GROUP}:){6}${LAST}`,
  `::(?:${GROUP}:){5}${LAST}`,
  `(?:${GROUP})?::(?:${GROUP}:){4}${LAST}`,
  `(?:(?:${GROUP}:){0,1}${GROUP})?::(?:${GROUP}:){3}${LAST}`,
  `(?:(?:${GROUP}:){0,2}${GROUP})?::(?:${GROUP}:){2}${LAST}`,
  `(?:(?:${GROUP}:){0,3}${GROUP})?::${GROUP}:${LAST}`,
  `(?:(?:${GROUP}:){0,4}${GROUP})?::${LAST}`,
  `(?:(?:${GROUP}:){0,5}${GROUP})?::${GROUP}`,
  `(?:(?:${GROUP}:){0,6}${GROUP})?::`,
].join('|')
const ATOM = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+"
const EMAIL = `${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL}){1,7}`
const DURATION = [
  'P(?!$)(?:\\d+Y)?(?:\\d+M)?(?:\\d+D)?(?:T(?=\\d)(?:\\d+H)?(?:\\d+M)?(?:\\d+S)?)?|P\\d+W',
  '(?!P\\d+Y\\d+D)(?!.*T\\d+H\\d+S).*',
]
const UUID = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}'
const PERCENT = '%[0-9a-fA-F]{2}'
/** Characters beyond ASCII that IRIs may have (RFC 3987), and those that only their queries may have. */
const BEYOND = '\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\u{10000}-\u{1fffd}\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}'
const PRIVATE = '\ue000-\uf8ff\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}'
const PORT = '(?::\\d{0,5})?'

/** @param beyond Further characters, as in a class. @param hidden Those of queries. */
function addresses(beyond: string, hidden: string): { readonly absolute: string; readonly reference: string } {
  const unreserved = `a-zA-Z0-9\\-._~!$&'()*+,;=${beyond}`
  const character = `(?:[${unreserved}:@]|${PERCENT})`
  const user = `(?:(?:[${unreserved}:]|${PERCENT})*@)?`
  const future = `[vV][0-9a-fA-F]+\\.[a-zA-Z0-9\\-._~!$&'()*+,;=:]+`
  const authority = `//${user}(?:\\[(?:${IPV6}|${future})\\]|(?:[${unreserved}]|${PERCENT})*)${PORT}`
  const path = `/(?:${character}+(?:/${character}*)*)?`
  const paths = `(?:${authority}(?:/${character}*)*|${path}|${character}+(?:/${character}*)*)`
  const tail = `(?:\\?(?:${character}|[/?${hidden}])*)?(?:#(?:${character}|[/?])*)?`
  const absolute = `[a-zA-Z][a-zA-Z0-9+.-]*:${paths}${tail}`
  const first = `(?:[${unreserved}@]|${PERCENT})+`
  const relative = `(?:${authority}(?:/${character}*)*|${path}|${first}(?:/${character}*)*)?${tail}`
  return { absolute, reference: `(?:${absolute}|${relative})` }
}

const URI = addresses('', '')
const IRI = addresses(BEYOND, PRIVATE)
/** Letters of names beyond ASCII that no context forbids. */
const LETTERS = 'a-z0-9à-öø-ÿα-ωа-яぁ-ゖァ-ヺ一-鿿가-힣'
const WIDE_ATOM = `[a-zA-Z0-9!#$%&'*+/=?^_\`{|}~\u0080-\ud7ff\ue000-\u{10ffff}-]{1,16}`
const IDN_EMAIL = `(?:${EMAIL}|${WIDE_ATOM}(?:\\.${WIDE_ATOM}){0,3}@[${LETTERS}]{1,16}(?:\\.[${LETTERS}]{1,16}){1,3})`
const POINTER = '(?:/(?:[^~/]|~[01])*)*'
const VARIABLE = '(?:[a-zA-Z0-9_]|%[0-9a-fA-F]{2})(?:\\.?(?:[a-zA-Z0-9_]|%[0-9a-fA-F]{2}))*'
const VARIABLE_SPEC = `${VARIABLE}(?:\\*|:[1-9]\\d{0,3})?`
const URI_TEMPLATE = `(?:[!#$&(-;=?-\\[\\]_a-z~${BEYOND}]|${PERCENT}|\\{[+#./;?&]?${VARIABLE_SPEC}(?:,${VARIABLE_SPEC})*\\})*`

/** Regular expressions with groups three deep, spelled as every dialect reads them. */
const QUANTIFIER = '(?:(?:[*+?]|\\{\\d{1,2},?\\})\\??)?'
const ESCAPE = '\\\\[dDwWsStnrfv.\\\\/^$*+?()\\[\\]{}|]'
const CLASS = '\\[\\^?(?:[a-zA-Z0-9_ .,:;@#%&!~"\'=<>]|a-z|A-Z|0-9|\\\\[dDwWsS])+\\]'
const SIMPLE = `(?:[^\\\\^$.*+?()\\[\\]{}|/\\u0000-\\u001f]|\\.|${ESCAPE}|${CLASS})${QUANTIFIER}|\\^|\\$|\\\\b`
const sequence = (item: string): string => `(?:${item})*(?:\\|(?:${item})*)*`
const nested = (item: string): string => `${SIMPLE}|\\((?:\\?:)?${sequence(item)}\\)${QUANTIFIER}`
const EXPRESSION = sequence(nested(nested(nested(SIMPLE))))

// Web addresses by name, not by number: which numbers are public is a list of its own.
const NAME = `(?:${ALNUM}+-)*${ALNUM}+`
const URL = `(?:https?|ftp)://(?:[a-zA-Z0-9._~-]+(?::[a-zA-Z0-9._~-]*)?@)?(?:${NAME}\\.)+[a-zA-Z]{2,}(?::\\d{2,5})?(?:/[^\\s]*)?`
const BASE64 = '[A-Za-z0-9+/]'
const BYTE = `(?:${BASE64}{4})*(?:${BASE64}{2}==|${BASE64}{3}=)?`
const FRAGMENT_POINTER = `#(?:/(?:[a-zA-Z0-9_\\-.!$&'()*+,;:=@]|${PERCENT}|~[01])*)*`

export const FORMATS: Readonly<Record<string, readonly string[]>> = {
  date: [DATE],
  time: [TIME],
  'date-time': [`${DATE}[tT]${TIME}`],
  duration: DURATION,
  email: [EMAIL],
  'idn-email': [IDN_EMAIL],
  hostname: [HOSTNAME],
  // Which other letters a name may have depends on their neighbours.
  'idn-hostname': [HOSTNAME],
  ipv4: [IPV4],
  ipv6: [IPV6],
  uuid: [UUID],
  uri: [URI.absolute],
  'uri-reference': [URI.reference],
  iri: [IRI.absolute],
  'iri-reference': [IRI.reference],
  'uri-template': [URI_TEMPLATE],
  'json-pointer': [POINTER],
  'json-pointer-uri-fragment': [FRAGMENT_POINTER],
  url: [URL],
  byte: [BYTE],
  'iso-time': [TIME],
  'iso-date-time': [`${DATE}[tT]${TIME}`],
  regex: [EXPRESSION],
  'relative-json-pointer': [`(?:0|[1-9]\\d*)(?:#|${POINTER})`],
}

const ANY = '[^]*'

/**
 * Patterns that every string of a format matches, in the standard's eyes and in those of lenient validators: what `not` takes
 * away. Formats that are missing may be any string.
 */
export const LOOSE_FORMATS: Readonly<Record<string, string>> = {
  date: '\\d{4}-\\d\\d-\\d\\d',
  time: `\\d\\d:\\d\\d${ANY}`,
  'date-time': `\\d{4}-\\d\\d-\\d\\d[tT\\s]${ANY}`,
  duration: `P${ANY}`,
  email: `${ANY}@${ANY}`,
  'idn-email': `${ANY}@${ANY}`,
  hostname: '[a-zA-Z0-9.-]+',
  ipv4: '[0-9.]+',
  ipv6: `${ANY}:${ANY}`,
  uuid: `(?:urn:uuid:)?${UUID}`,
  uri: `${ANY}:${ANY}`,
  iri: `${ANY}:${ANY}`,
  'json-pointer': `(?:/${ANY})?`,
  'json-pointer-uri-fragment': `#${ANY}`,
  url: `${ANY}:${ANY}`,
  byte: '[A-Za-z0-9+/=\\s]*',
  'iso-time': `\\d\\d:\\d\\d${ANY}`,
  'iso-date-time': `\\d{4}-\\d\\d-\\d\\d[tT\\s]${ANY}`,
  'relative-json-pointer': `\\d${ANY}`,
}

/** Integers with bounds, as OpenAPI names them. */
export const NUMBER_FORMATS: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  int32: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  int64: { min: -Infinity, max: Infinity },
}
