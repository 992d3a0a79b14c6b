export type AmountFlag = 'http-delay' | 'http-error' | 'event-loop-block' | 'memory-leak'
export type SwitchFlag = 'consumer-stall' | 'consumer-error' | 'relay-stop'
export type FlagName = AmountFlag | SwitchFlag

export type FlagState = {
  readonly flag: FlagName
  readonly about: string
  readonly variants: Readonly<Record<string, number | boolean>>
  /** The one in force. */
  readonly variant: string
}

/** The faults that this process can be told to have. What can be hit asks each time it might be. */
export interface Faults extends AsyncDisposable {
  /** In the unit that the flag file tells; 0 while the fault is off. Never rejects. */
  amount(flag: AmountFlag): Promise<number>
  /** Never rejects. */
  isOn(flag: SwitchFlag): Promise<boolean>
  list(): readonly FlagState[]
  /** Puts one of the flag's variants in force. */
  change(flag: FlagName, variant: string): void
}
