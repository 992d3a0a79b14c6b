import pg from 'pg'

/** Asks a service's own database, for what a test must see there. */
export const query = async <Row extends object>(url: string | undefined, text: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}
