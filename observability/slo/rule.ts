type Labels = Readonly<Record<string, string>>

export type Recording = { readonly record: string; readonly expr: string; readonly labels?: Labels }

export type Alert = {
  readonly alert: string
  readonly expr: string
  readonly labels: Labels
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url' | 'dashboard_url', string>>
}

export type Group = {
  readonly name: string
  readonly interval?: string
  readonly rules: readonly (Recording | Alert)[]
}
