import { provision } from './provision.ts'

const {
  ELASTICSEARCH_URL,
  KIBANA_URL,
  DEPLOYMENT_ENVIRONMENT,
  ELASTICSEARCH_WRITER_PASSWORD: writer,
  ELASTICSEARCH_READER_PASSWORD: reader,
} = process.env

const say = (sentence: string): void => void process.stdout.write(`elasticsearch: ${sentence}\n`)

try {
  await provision({
    elasticsearch: ELASTICSEARCH_URL || 'http://127.0.0.1:9200',
    environment: DEPLOYMENT_ENVIRONMENT || 'local',
    kibana: KIBANA_URL,
    passwords: { writer, reader },
    say,
  })
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
