import type { Panel, Row } from '../../../ops/queries/dashboards.ts'

/** Where a panel stands below its heading: lines and columns of a grid of 24, counted from one. */
export type Place = { panel: Panel; column: number; width: number; line: number; height: number }

/** The panels of a row at their places; a row that is closed in Grafana stands open, so it begins at its own top. */
export const placesOf = ({ panels }: Row): Place[] => {
  const top = Math.min(...panels.map(({ gridPos }) => gridPos.y))
  return panels.map((panel) => ({
    panel,
    column: panel.gridPos.x + 1,
    width: panel.gridPos.w,
    line: panel.gridPos.y - top + 1,
    height: panel.gridPos.h,
  }))
}

/** How many lines of the grid a row takes. */
export const linesOf = (row: Row): number => Math.max(0, ...placesOf(row).map(({ line, height }) => line - 1 + height))
