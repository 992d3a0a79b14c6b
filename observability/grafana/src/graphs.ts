import {
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard'
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { asking, counting, mappingsOf, type Description, type Numbers, type Panel, type States } from './panel.ts'
import type { Query } from './queries.ts'

const GRAPH = { width: 8, height: 8 }

const tableLegend = (): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .calcs(['mean', 'max', 'lastNotNull'])

const allAtOnce = (): VizTooltipOptionsBuilder => {
  const tooltip = new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi)
  tooltip.sort(SortOrder.Descending)
  return tooltip
}

const graph = (): TimeseriesBuilder =>
  new TimeseriesBuilder()
    .legend(tableLegend())
    .tooltip(allAtOnce())
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .lineWidth(1)
    .fillOpacity(10)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)

type Graph = Numbers & {
  /** Parts of a whole, one upon the other. */
  readonly stacked?: boolean
  /** Series, by their legend, that are single moments instead of a course. */
  readonly moments?: readonly string[]
}

/** Lines over time; limits are drawn as dashed lines. */
export const timeseries = ({ stacked = false, moments = [], ...numbers }: Graph): Panel => {
  const builder = graph()
  for (const legend of moments)
    builder.overrideByName(legend, [
      { id: 'custom.drawStyle', value: 'points' },
      { id: 'custom.showPoints', value: 'always' },
      { id: 'custom.pointSize', value: 14 },
    ])
  if (stacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal)).fillOpacity(40)
  if (numbers.limits !== undefined)
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  return counting(builder, { min: 0, ...numbers }, GRAPH)
}

/** Buckets over time: where most answers are, and the second crowd that a quantile hides. */
export const heatmap = ({
  unit,
  ...described
}: Description & { readonly unit: string; readonly queries: readonly Query[] }) =>
  counting(
    new HeatmapBuilder()
      .calculate(false)
      .yAxis(new YAxisConfigBuilder().unit(unit))
      .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').exponent(0.5).steps(64))
      .exemplarsColor('rgba(31, 120, 255, 0.8)')
      .showLegend(),
    { unit, ...described },
    GRAPH,
  )

/** A band per series, coloured by state. */
export const stateTimeline = ({
  states,
  ...described
}: Description & { readonly states: States; readonly queries: readonly Query[] }): Panel =>
  asking(
    new StateTimelineBuilder()
      .mappings(mappingsOf(states))
      .mergeValues(true)
      .showValue(VisibilityMode.Never)
      .rowHeight(0.85)
      .fillOpacity(80)
      .legend(
        new VizLegendOptionsBuilder()
          .showLegend(true)
          .displayMode(LegendDisplayMode.List)
          .placement(LegendPlacement.Bottom),
      ),
    described,
    GRAPH,
  )
