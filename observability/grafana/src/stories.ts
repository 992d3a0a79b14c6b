import { LogsDedupStrategy, LogsSortOrder } from '@grafana/grafana-foundation-sdk/common'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs'
import { PanelBuilder as NodeGraphBuilder } from '@grafana/grafana-foundation-sdk/nodegraph'
import { PanelBuilder as TextBuilder, TextMode } from '@grafana/grafana-foundation-sdk/text'
import { asking, describing, type Description, type Panel } from './panel.ts'
import type { Query } from './queries.ts'

type Asked = Description & { readonly queries: readonly Query[] }

/** Log lines, newest first; a line opens to its fields and links. */
export const logs = (asked: Asked): Panel =>
  asking(
    new LogsBuilder()
      .showTime(true)
      .wrapLogMessage(true)
      .prettifyLogMessage(false)
      .enableLogDetails(true)
      .sortOrder(LogsSortOrder.Descending)
      .dedupStrategy(LogsDedupStrategy.None),
    asked,
    { width: 24, height: 10 },
  )

/** One trace as a waterfall. */
export const traces = (asked: Asked): Panel =>
  asking(new PanelBuilder().type('traces'), asked, { width: 24, height: 18 })

/** Who calls whom. */
export const nodeGraph = (asked: Asked): Panel => asking(new NodeGraphBuilder(), asked, { width: 12, height: 12 })

export const text = ({ markdown, ...described }: Description & { readonly markdown: string }): Panel =>
  describing(new TextBuilder().mode(TextMode.Markdown).content(markdown), described, { width: 24, height: 3 })
