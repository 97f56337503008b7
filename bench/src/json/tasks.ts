import type { Schema } from '@foretoken/constraint-json-schema'

/** A value to write: what it must be, and what the model is told. */
export interface JsonTask {
  readonly name: string
  readonly schema: Schema
  readonly prompt: string
}

const text = (maxLength: number): Schema => ({ type: 'string', minLength: 1, maxLength })
const oneOf = (...values: readonly string[]): Schema => ({ enum: values })
const count = (maximum: number): Schema => ({ type: 'integer', minimum: 0, maximum })
const flag: Schema = { type: 'boolean' }
const list = (items: Schema, maxItems: number): Schema => ({ type: 'array', items, minItems: 1, maxItems })

/** An object that has all of its properties and no others. */
function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false } as Schema
}

const address = object({ street: text(40), city: text(30), postalCode: text(10), country: text(30) })

/** What programs ask models for: records taken from a text, and records made up. */
export const TASKS: readonly JsonTask[] = [
  {
    name: 'person',
    schema: object({
      firstName: text(30),
      lastName: text(30),
      age: count(120),
      email: text(40),
      phoneNumber: text(20),
      isMarried: flag,
    }),
    prompt: `Take the person from this text as JSON: Maria Gonzalez, 34, can be reached at maria.gonzalez@example.com or by phone
at 555-0142. She lives in Lisbon with her husband and two children.`,
  },
  {
    name: 'order',
    schema: object({
      orderId: text(16),
      customerName: text(40),
      items: list(
        object({
          productName: text(40),
          quantity: count(99),
          unitPrice: { type: 'number', minimum: 0, maximum: 9999 },
        }),
        3,
      ),
      shippingMethod: oneOf('standard', 'express', 'overnight'),
      isGift: flag,
    }),
    prompt: `Write this order as JSON: order A-1093 of Peter Novak, two wool blankets at 39.5 each and one reading lamp at 64.9,
sent by express, no gift.`,
  },
  {
    name: 'address list',
    schema: object({ addresses: list(address, 3) }),
    prompt: `List these three addresses as JSON: 12 Mill Lane, Oxford OX1 4BD, United Kingdom; 48 Rue Cler, Paris 75007, France;
7 Harbour Road, Sydney 2000, Australia.`,
  },
  {
    name: 'response of an API',
    schema: object({
      status: oneOf('ok', 'error'),
      requestId: text(20),
      data: object({ userId: count(99999), userName: text(30), accountType: oneOf('free', 'team', 'enterprise') }),
      pagination: object({ page: count(99), pageSize: count(100), totalPages: count(999) }),
      warnings: list(text(40), 2),
    }),
    prompt: 'Write an example of a successful answer of a user API as JSON: page 1 of 5, with 20 users on a page.',
  },
  {
    name: 'calendar event',
    schema: object({
      title: text(40),
      startTime: { type: 'string', format: 'date-time' },
      endTime: { type: 'string', format: 'date-time' },
      location: text(40),
      attendees: list(text(30), 3),
      isRecurring: flag,
    }),
    prompt: `Make a calendar event as JSON: quarterly planning with Anna, Tom and Li in the Blue Room on 12 March 2026 from 10 to 11:30
in the morning, UTC. It happens once.`,
  },
  {
    name: 'product review',
    schema: object({
      productName: text(40),
      sentiment: oneOf('positive', 'neutral', 'negative'),
      rating: { type: 'integer', minimum: 1, maximum: 5 },
      summary: text(80),
      mentionsDelivery: flag,
      wouldRecommend: flag,
    }),
    prompt: `Judge this review as JSON: "The Aurora desk lamp is bright and well made. It came two days late, but I would buy it again and
have told all my friends about it."`,
  },
  {
    name: 'function call',
    schema: object({
      functionName: oneOf('get_weather', 'search_flights', 'book_hotel'),
      arguments: object({
        departureCity: text(30),
        arrivalCity: text(30),
        departureDate: text(12),
        passengers: count(9),
      }),
      needsConfirmation: flag,
    }),
    prompt: 'Call the right function, as JSON: I need a flight from Berlin to Madrid on 2026-05-04 for two people.',
  },
  {
    name: 'recipe',
    schema: object({
      recipeName: text(40),
      servings: count(12),
      preparationMinutes: count(240),
      ingredients: list(object({ ingredientName: text(30), amount: text(20) }), 4),
      difficulty: oneOf('easy', 'medium', 'hard'),
      isVegetarian: flag,
    }),
    prompt: 'Write a recipe for tomato soup as JSON, with four ingredients.',
  },
  {
    name: 'support ticket',
    schema: object({
      ticketNumber: count(99999),
      category: oneOf('billing', 'technical', 'account', 'other'),
      priority: oneOf('low', 'normal', 'high', 'urgent'),
      customerEmail: text(40),
      shortDescription: text(80),
      requiresRefund: flag,
    }),
    prompt: `File this message as a ticket in JSON: "Ticket 48213. I was charged twice for my subscription in June. Please return one of the two
payments today. Write to j.smith@example.org."`,
  },
  {
    name: 'invoice',
    schema: object({
      invoiceNumber: text(16),
      issueDate: { type: 'string', format: 'date' },
      dueDate: { type: 'string', format: 'date' },
      seller: object({ companyName: text(40), taxNumber: text(16) }),
      buyer: object({ companyName: text(40), taxNumber: text(16) }),
      totalAmount: { type: 'number', minimum: 0, maximum: 99999 },
      currency: oneOf('EUR', 'USD', 'GBP'),
    }),
    prompt: `Write this invoice as JSON: invoice 2026-017 of Nordlicht GmbH (DE811907980) to Acme Ltd (GB123456789), issued on 2026-02-03,
due on 2026-03-05, over 1840.5 euros.`,
  },
  {
    name: 'configuration',
    schema: object({
      serverName: text(30),
      listenPort: { type: 'integer', minimum: 1, maximum: 65535 },
      logLevel: oneOf('debug', 'info', 'warning', 'error'),
      database: object({
        hostName: text(30),
        databaseName: text(20),
        maximumConnections: count(500),
        useEncryption: flag,
      }),
      enableCaching: flag,
      cacheSeconds: count(86400),
    }),
    prompt: 'Write a configuration of a small web server with a database as JSON.',
  },
  {
    name: 'books',
    schema: object({
      books: list(
        object({ bookTitle: text(50), authorName: text(40), publicationYear: count(2030), isAvailable: flag }),
        4,
      ),
    }),
    prompt: 'List four famous novels as JSON.',
  },
]
