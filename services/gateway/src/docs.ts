import type { Operation } from '@pharos/platform/contracts/http/define'
import { namedRoute } from '@pharos/platform/http/scope'
import express from 'express'
import type { Express, RequestHandler } from 'express'
import helmet from 'helmet'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { createAsyncApi } from './asyncapi.ts'
import { createOpenApi } from './openapi.ts'

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Pharos API</title>
<link rel="stylesheet" href="./swagger-ui.css">
<link rel="icon" type="image/png" href="./favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="./swagger-ui-bundle.js"></script>
<script src="./start.js"></script>
</body>
</html>
`
const START = `SwaggerUIBundle({ url: './doc.json', dom_id: '#swagger-ui', deepLinking: true })\n`

const uiPolicy = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
    },
  },
})

/** Swagger UI, the OpenAPI document and the AsyncAPI document. */
export const mountDocs = (app: Express, operations: readonly Operation[]): void => {
  const document = JSON.stringify(createOpenApi(operations))
  const sendDocument: RequestHandler = (_req, res) => void res.type('json').send(document)
  app.get('/openapi.json', namedRoute('/openapi.json'), uiPolicy, sendDocument)
  const events = JSON.stringify(createAsyncApi())
  app.get('/asyncapi.json', namedRoute('/asyncapi.json'), (_req, res) => void res.type('json').send(events))
  app.use('/swagger', namedRoute('/swagger'), uiPolicy)
  app.get('/swagger/doc.json', sendDocument)
  // The page names its parts relative to its own address.
  app.get('/swagger', (_req, res) => res.redirect('/swagger/index.html'))
  app.get('/swagger/index.html', (_req, res) => void res.type('html').send(PAGE))
  app.get('/swagger/start.js', (_req, res) => void res.type('js').send(START))
  app.use('/swagger', express.static(assets, { index: false, redirect: false }))
}
