import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common'
import { PanelBuilder as GaugeBuilder } from '@grafana/grafana-foundation-sdk/gauge'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { counting, type Numbers, type Panel } from './panel.ts'

const last = (): ReduceDataOptionsBuilder => new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false)

/** The last value in large, with its course behind it where the query has one; coloured by its limits or states. */
export const stat = (numbers: Numbers): Panel => {
  const judged = numbers.limits !== undefined || numbers.states !== undefined
  const builder = new StatBuilder()
    .reduceOptions(last())
    .graphMode(BigValueGraphMode.Area)
    .colorMode(judged ? BigValueColorMode.Background : BigValueColorMode.Value)
  return counting(builder, numbers, { width: 4, height: 4 })
}

export const gauge = (numbers: Numbers): Panel =>
  counting(new GaugeBuilder().reduceOptions(last()).showThresholdMarkers(true), numbers, { width: 4, height: 6 })

/** A bar per series, by the last value. */
export const barGauge = (numbers: Numbers): Panel =>
  counting(
    new BarGaugeBuilder()
      .reduceOptions(last())
      .orientation(VizOrientation.Horizontal)
      .displayMode(BarGaugeDisplayMode.Basic)
      .showUnfilled(true),
    { min: 0, ...numbers },
    { width: 8, height: 8 },
  )
