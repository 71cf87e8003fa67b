// Reads Kubernetes documents (YAML) from standard input and says what the published schemas object to; exits with 1 if they do.
//   node kubernetes.mjs < rendered.yaml
// Values are checked by kubernetes-models' validators; fields that do not exist by its types and the TypeScript compiler, since the
// schemas allow any. JobSet publishes no package: its own fields are those of api/jobset/v1alpha2 (kubernetes-sigs/jobset).
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = fileURLToPath(new URL('.', import.meta.url));
const { parseAllDocuments } = require('yaml');
const ts = require('typescript');

const problems = [];
const jobset = {
  spec: ['coordinator', 'network', 'successPolicy', 'failurePolicy', 'replicatedJobs', 'suspend', 'ttlSecondsAfterFinished', 'volumeClaimPolicies', 'managedBy'],
  coordinator: ['replicatedJob', 'jobIndex', 'podIndex'],
  network: ['enableDNSHostnames', 'subdomain', 'publishNotReadyAddresses'],
  successPolicy: ['operator', 'targetReplicatedJobs'],
  failurePolicy: ['maxRestarts', 'restartStrategy', 'rules'],
  rule: ['name', 'action', 'onJobFailureReasons', 'onJobFailureMessagePatterns', 'targetReplicatedJobs'],
  replicatedJob: ['name', 'groupName', 'template', 'replicas', 'dependsOn'],
};
const only = (object, kind) => Object.keys(object ?? {}).filter((key) => !jobset[kind].includes(key)).forEach((key) => problems.push(`JobSet: ${kind} has no '${key}'`));

/** A JobSet's jobs as Jobs; its own fields are checked here. */
function jobsOf(set) {
  only(set.spec, 'spec');
  for (const kind of ['coordinator', 'network', 'successPolicy', 'failurePolicy']) only(set.spec[kind], kind);
  const names = set.spec.replicatedJobs.map((job) => job.name);
  const reasons = ['BackoffLimitExceeded', 'DeadlineExceeded', 'FailedIndexes', 'MaxFailedIndexesExceeded', 'PodFailurePolicy'];
  for (const rule of set.spec.failurePolicy?.rules ?? []) {
    only(rule, 'rule');
    for (const reason of rule.onJobFailureReasons ?? []) if (!reasons.includes(reason)) problems.push(`JobSet: no reason '${reason}'`);
    if (!/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(rule.name)) problems.push(`JobSet: '${rule.name}' is no name of a rule`);
    if (!['FailJobSet', 'RestartJobSet', 'RestartJobSetAndIgnoreMaxRestarts', 'RestartJob', 'RestartJobAndIgnoreMaxRestarts'].includes(rule.action)) problems.push(`JobSet: no action '${rule.action}'`);
  }
  for (const name of [set.spec.coordinator?.replicatedJob, ...(set.spec.successPolicy?.targetReplicatedJobs ?? [])])
    if (name !== undefined && !names.includes(name)) problems.push(`JobSet: no replicated job '${name}'`);
  return set.spec.replicatedJobs.map((job) => {
    only(job, 'replicatedJob');
    return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: job.name, ...job.template.metadata }, spec: job.template.spec };
  });
}

const documents = parseAllDocuments(readFileSync(0, 'utf8')).map((document) => document.toJS()).filter(Boolean);
const objects = documents.flatMap((object) => (object.kind === 'JobSet' && object.apiVersion === 'jobset.x-k8s.io/v1alpha2' ? jobsOf(object) : [object]));
let source = '';
objects.forEach((object, i) => {
  const path = `kubernetes-models/${object.apiVersion}`;
  const what = `${object.kind} ${object.metadata?.name}`;
  try {
    new (require(path)[object.kind])(object).validate();
  } catch (error) {
    problems.push(`${what}: ${error.message}`);
  }
  source += `import { I${object.kind} as T${i} } from '${path}';\nconst o${i}: T${i} = ${JSON.stringify(object, null, 1)};\n`;
});

const folder = mkdtempSync(join(here, 'node_modules', '.check-'));
try {
  const file = join(folder, 'objects.ts');
  writeFileSync(file, source);
  const program = ts.createProgram([file], { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 });
  for (const found of ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    problems.push(ts.flattenDiagnosticMessageText(found.messageText, ' ').replace(/\s+/g, ' '));
} finally {
  rmSync(folder, { recursive: true });
}
for (const problem of problems) console.error(problem);
console.log(`${documents.length} documents, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
