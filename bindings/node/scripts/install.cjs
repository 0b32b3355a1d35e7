// Compiles the addon with the C compiler of this machine, as the last step of `npm install`. Needs no download: the
// headers of Node-API come with Node or from the package node-api-headers.
'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, renameSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = join(__dirname, '..');
const build = join(root, 'build');
const sources = join(root, 'native');

/** The folder with node_api.h. */
function napiHeaders() {
  const candidates = [join(dirname(process.execPath), '..', 'include', 'node')];
  try {
    candidates.unshift(join(dirname(require.resolve('node-api-headers/package.json', { paths: [root] })), 'include'));
  } catch {
    // npm does not install the dependencies of a folder that it only links to.
  }
  const found = candidates.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found === undefined) {
    throw new Error(`node_api.h is in none of ${candidates.join(', ')}; run "npm install" in ${root}`);
  }
  return found;
}

/** The folder with burgee.h: in a package it lies beside the library, in the repository it is include/. */
function burgeeHeader() {
  const found = [join(root, '..', '..', 'include'), build].find((folder) => existsSync(join(folder, 'burgee.h')));
  if (found === undefined) {
    throw new Error('burgee.h is missing');
  }
  return found;
}

function compilerArguments(output) {
  const files = readdirSync(sources)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(sources, name));
  const common = [
    '-std=gnu11',
    '-O2',
    '-DNAPI_VERSION=8',
    '-I',
    napiHeaders(),
    '-I',
    burgeeHeader(),
    '-o',
    output,
    ...files,
  ];
  switch (process.platform) {
    case 'darwin':
      return ['-bundle', '-undefined', 'dynamic_lookup', '-fvisibility=hidden', ...common];
    case 'win32':
      return ['-shared', '-static-libgcc', ...common];
    default:
      return ['-shared', '-fPIC', '-fvisibility=hidden', '-pthread', ...common, '-ldl'];
  }
}

function main() {
  mkdirSync(build, { recursive: true });
  const [compiler, ...flags] = (process.env.CC || (process.platform === 'win32' ? 'gcc' : 'cc')).split(' ');
  // Into a new file, because overwriting the addon of a running program would crash that.
  const output = join(build, `burgee.${process.pid}.node`);
  const { status, error, stderr } = spawnSync(compiler, [...flags, ...compilerArguments(output)], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${compiler} could not compile the addon: ${error ? error.message : stderr}`);
  }
  renameSync(output, join(build, 'burgee.node'));
}

try {
  main();
} catch (error) {
  console.error(`burgee: ${error.message}`);
  process.exitCode = 1;
}
