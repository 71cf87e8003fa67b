// Reads a Compose file from standard input and says what the schema of the Compose Specification objects to, which Compose v2 follows;
// exits with 1 if it does. The schema is the one that dclint carries.
//   node compose.mjs < compose.yaml
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(import.meta.url);
const { parse } = require('yaml');
const Ajv = require('ajv').default;
const schema = JSON.parse(readFileSync(require.resolve('dclint/package.json').replace('package.json', 'schemas/compose.schema.json'), 'utf8'));
// Which draft it is in; ajv knows its address with http alone.
delete schema.$schema;

const check = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
const file = parse(readFileSync(0, 'utf8'), { merge: true });
check(file);
for (const { instancePath, message, params } of check.errors ?? []) console.error(`${instancePath || '/'}: ${message} ${JSON.stringify(params)}`);
console.log(`${Object.keys(file.services).length} services, ${check.errors?.length ?? 0} problems`);
process.exit(check.errors ? 1 : 0);
